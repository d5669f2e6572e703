/**
 * A command whose real output the text shows. `Transcript.astro` prints it by name; `transcripts.ts` runs it.
 */
export interface Recording {
  /** Begins with the number of the chapter that shows it. */
  name: string;
  /** Whose folder it runs in. */
  chapter: string;
  /** Deliberate changes to that folder: each text is found exactly once and replaced. */
  edits?: readonly { file: string; find: string; replace: string }[];
  /** Another `src/main.rs` than the chapter's. */
  main?: string;
  /** Runs first, in a POSIX shell, and is not shown: builds what the command looks at. */
  before?: string;
  /** What is shown and run. */
  command: string;
  /** The command is meant to fail. */
  fails?: true;
  /** Threads of the linker race for what it says first: only `mustSay` is the same each time. */
  varies?: true;
  /** Words that the surrounding text speaks of; without them the recording would contradict it. */
  mustSay: readonly string[];
  /** Words whose absence the surrounding text speaks of. */
  mustNotSay?: readonly string[];
}

const hosted = 'target/release/onko_os';
const bare = 'target/x86_64-unknown-none/release/onko_os';
const build = 'cargo build --release';

/** An edit of the linker script that changes addresses. */
const widenPages = "sed -i 's/ALIGN(0x1000)/ALIGN(0x2000)/' linker.ld";

/** What a clone of Limine holds, as far as make looks at it: files of these names, and a tool that runs. */
const fetchedLimine = [
  'mkdir limine',
  'for name in bios.sys bios-cd.bin uefi-cd.bin; do head -c 4096 /dev/zero > limine/limine-$name; done',
  "printf '#!/bin/sh\\n' > limine/limine",
  'chmod +x limine/limine',
].join(' && ');

/** Every recording, in the order of the chapters that show them. */
export const recordings: readonly Recording[] = [
  {
    name: '02-tree',
    chapter: '02-cargo-toml',
    command: 'cargo tree',
    mustSay: ['limine v0.5.0', 'bitflags v2'],
  },
  {
    name: '02-header',
    chapter: '02-cargo-toml',
    before: build,
    command: `readelf -hW ${hosted}`,
    mustSay: ['DYN (Position-Independent Executable file)', 'Entry point address', 'X86-64'],
  },
  {
    name: '02-segments',
    chapter: '02-cargo-toml',
    before: build,
    command: `readelf -lW ${hosted} | sed '/Section to Segment/,$d'`,
    mustSay: ['INTERP', '/lib64/ld-linux-x86-64.so.2', 'DYNAMIC', 'LOAD'],
  },
  {
    name: '02-dynamic',
    chapter: '02-cargo-toml',
    before: build,
    command: `readelf -dW ${hosted} | head -26`,
    mustSay: ['libc.so.6', 'libgcc_s.so.1', 'RELASZ'],
  },
  {
    name: '03-cfg',
    chapter: '03-config-toml',
    command: 'rustc --print cfg --target x86_64-unknown-none',
    mustSay: ['panic="abort"', 'target_arch="x86_64"', 'target_os="none"', 'target_vendor="unknown"'],
  },
  {
    name: '03-hosted-main',
    chapter: '03-config-toml',
    main: 'fn main() {\n    println!("Hello, world!");\n}\n',
    command: build,
    fails: true,
    mustSay: ["can't find crate for `std`", 'cannot find macro `println`'],
  },
  {
    name: '03-no-std-only',
    chapter: '03-config-toml',
    main: '#![no_std]\n',
    command: build,
    fails: true,
    mustSay: ['`main` function not found', '`#[panic_handler]` function required, but not found'],
  },
  {
    name: '03-no-panic-handler',
    chapter: '03-config-toml',
    main: '#![no_std]\n#![no_main]\n',
    command: build,
    fails: true,
    mustSay: ['`#[panic_handler]` function required, but not found'],
  },
  {
    name: '03-headers',
    chapter: '03-config-toml',
    before: build,
    command: `readelf -hlW ${bare} | sed '/Section to Segment/,$d'`,
    mustSay: ['EXEC (Executable file)', '0x0000000000200000', 'Entry point address:               0x0'],
  },
  {
    name: '04-base-out-of-range',
    chapter: '05-main-rs',
    edits: [{ file: 'linker.ld', find: '0xffffffff80000000', replace: '0xffff800000000000' }],
    command: "cargo build 2>&1 | grep -o 'relocation R_X86.*' | head -1",
    varies: true,
    mustSay: ['relocation R_X86_64_32S out of range'],
  },
  {
    name: '04-entry-typo',
    chapter: '04-linker-script',
    edits: [{ file: 'linker.ld', find: 'ENTRY(kmain)', replace: 'ENTRY(kmian)' }],
    command: 'cargo rustc --release -- -W linker-messages',
    mustSay: ['cannot find entry symbol kmian'],
  },
  {
    name: '04-segments',
    chapter: '04-linker-script',
    before: build,
    command: `readelf -lW ${bare} | sed '/Section to Segment/,$d'`,
    mustSay: ['0xffffffff80000000', 'LOAD', 'R E'],
  },
  {
    name: '07-spaces',
    chapter: '07-makefile',
    before: "sed -i 's/^\\t/        /' Makefile",
    command: 'make',
    fails: true,
    mustSay: ['missing separator', 'did you mean TAB instead of 8 spaces?'],
  },
  {
    name: '07-edit-unseen',
    chapter: '05-main-rs',
    before: `${build} && ${widenPages}`,
    command: build,
    mustSay: ['Finished'],
    mustNotSay: ['Compiling'],
  },
  {
    name: '07-edit-seen',
    chapter: '07-makefile',
    before: `${build} && ${widenPages}`,
    command: build,
    mustSay: ['Compiling', 'Finished'],
  },
  {
    name: '07-make-again',
    chapter: '07-makefile',
    before: `${fetchedLimine} && make`,
    command: 'make',
    mustSay: [build, 'Finished'],
    mustNotSay: ['Compiling', 'xorriso'],
  },
];
