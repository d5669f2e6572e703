/**
 * What the project needs from the system beyond Node and Zig, which `onko` itself brings into .cache/venv.
 * Each line is probed by what it puts on the machine, so the table serves systems without Debian's package manager too.
 */
export interface Requirement {
  /** A program to find on the PATH, or an absolute path of a file. */
  probe: string;
  /** Why it is needed, as said to somebody who has to install it by hand. */
  purpose: string;
  debian: string;
  arch: string;
  /** Homebrew's formula, or what to do where there is none. */
  homebrew: string;
}

const make = { probe: 'make', purpose: 'builds the in-page machine', debian: 'make', arch: 'make', homebrew: 'make' };
const patch = {
  probe: 'patch',
  purpose: 'builds the in-page machine',
  debian: 'patch',
  arch: 'patch',
  homebrew: 'gpatch',
};
const xz = { probe: 'xz', purpose: 'unpacks the source of Bochs', debian: 'xz-utils', arch: 'xz', homebrew: 'xz' };
const bios = {
  probe: '/usr/share/bochs/BIOS-bochs-legacy',
  purpose: "the in-page machine's BIOS",
  debian: 'bochsbios',
  arch: 'bochs',
  homebrew: '(copy the file from Debian’s package bochsbios)',
};
const vgaBios = {
  probe: '/usr/share/vgabios/vgabios-stdvga.bin',
  purpose: "the in-page machine's VGA BIOS",
  debian: 'vgabios',
  arch: 'vgabios (AUR)',
  homebrew: '(copy the file from Debian’s package vgabios)',
};
const seaBios = {
  probe: '/usr/share/seabios/bios.bin',
  purpose: "the 32-bit in-page machine's BIOS",
  debian: 'seabios',
  arch: 'seabios',
  homebrew: '(copy the files from Debian’s package seabios)',
};
const xorriso = {
  probe: 'xorriso',
  purpose: 'writes the ISOs',
  debian: 'xorriso',
  arch: 'libisoburn',
  homebrew: 'xorriso',
};
const qemu = {
  probe: 'qemu-system-x86_64',
  purpose: 'boots the experiments, and the ISOs in tests',
  debian: 'qemu-system-x86',
  arch: 'qemu-system-x86',
  homebrew: 'qemu',
};
const ovmf = {
  probe: '/usr/share/OVMF/OVMF_CODE_4M.fd',
  purpose: 'UEFI for the emulated PCs of tests',
  debian: 'ovmf',
  arch: 'edk2-ovmf (tests look for it where Debian puts it)',
  homebrew: '(copy the files from Debian’s package ovmf)',
};
const chromium = {
  probe: '/usr/bin/chromium',
  purpose: 'tests the pages',
  debian: 'chromium',
  arch: 'chromium',
  homebrew: '--cask chromium',
};
const firefox = {
  probe: '/usr/bin/firefox-esr',
  purpose: 'tests the pages',
  debian: 'firefox-esr',
  arch: 'firefox (as /usr/bin/firefox-esr)',
  homebrew: '--cask firefox@esr',
};
const lld = {
  probe: 'ld.lld',
  purpose: 'the linker that layouts are compared with in tests',
  debian: 'lld',
  arch: 'lld',
  homebrew: 'lld',
};

const readelf = {
  probe: 'readelf',
  purpose: 'reads ELF files in tests, to hold ours against it',
  debian: 'binutils',
  arch: 'binutils',
  homebrew: 'binutils',
};
const llvmReadobj = {
  probe: 'llvm-readobj',
  purpose: 'reads ELF files in tests, to hold ours against it',
  debian: 'llvm',
  arch: 'llvm',
  homebrew: 'llvm',
};
const isoinfo = {
  probe: 'isoinfo',
  purpose: 'reads and writes discs that the ISO explorer is compared on in tests',
  debian: 'genisoimage',
  arch: 'cdrtools',
  homebrew: 'cdrtools',
};
/** Every package of Debian 12 that has a bootable ISO in it. */
const discs = [
  ['/usr/lib/ipxe/ipxe.iso', 'ipxe'],
  ['/usr/lib/grub-rescue/grub-rescue-cdrom.iso', 'grub-rescue-pc'],
  ['/usr/lib/memtest86+/memtest86+x64.iso', 'memtest86+'],
].map(([probe = '', debian = '']) => ({
  probe,
  purpose: 'a disc that tests read and boot',
  debian,
  arch: `(copy the file from Debian’s package ${debian})`,
  homebrew: `(copy the file from Debian’s package ${debian})`,
}));

/** Needed to build the in-page machine, and so for the site. */
export const forEngine: readonly Requirement[] = [make, patch, xz, bios, vgaBios, seaBios];

/** Needed to write ISOs, besides the Rust toolchain. */
export const forIsos: readonly Requirement[] = [xorriso];

/** Needed to build and boot the experiments, besides all of the above. */
export const forExperiments: readonly Requirement[] = [qemu];

/** Needed to run the tests, besides all of the above. */
export const forTests: readonly Requirement[] = [ovmf, chromium, firefox, lld, readelf, llvmReadobj, isoinfo, ...discs];

/** Debian's Rust that can build `core` itself; taken where rustup has no `x86_64-unknown-none` target. */
export const debianRust = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld'] as const;

/** The formatter and linter that belong to {@link debianRust}. */
export const debianRustChecks = ['rustfmt-web', 'rust-web-clippy'] as const;
