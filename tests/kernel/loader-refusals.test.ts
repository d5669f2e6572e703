/** Everything that our loader refuses, provoked in QEMU: one sentence on screen, COM1 and port 0xE9, then a CPU at rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hybridBoot } from '../../kernel/pipeline/iso.ts';
import { withQemu, type Qemu, type QemuOptions } from '../../kernel/pipeline/qemu.ts';
import {
  biosImage,
  bootAtOnce,
  kernelBase,
  makeDisc,
  makeElf,
  textScreen,
  uefiImage,
  type Disc,
} from './fixtures/loader-disc.ts';

const good = makeElf([{ address: kernelBase }]);
const encoder = new TextEncoder();

/** A disc with this kernel and the usual configuration. */
const withKernel = (kernel: Uint8Array): Disc => ({ files: { 'limine.conf': bootAtOnce, 'kernel.elf': kernel } });
const withConfig = (config: string): Disc => ({ files: { 'limine.conf': config, 'kernel.elf': good } });

function patched(offset: number, ...bytes: number[]): Uint8Array {
  const file = good.slice();
  file.set(bytes, offset);
  return file;
}

interface Refusal {
  what: string;
  disc: Disc;
  sentence: string;
  machine?: Partial<QemuOptions>;
}

const kernel = 'Cannot boot "boot():/kernel.elf": ';

const refusals: readonly Refusal[] = [
  {
    what: 'a disc without limine.conf',
    disc: { files: { 'kernel.elf': good } },
    sentence:
      'Cannot boot: the boot medium has no limine.conf; expected /limine.conf, /limine/limine.conf, /boot/limine.conf or /boot/limine/limine.conf.',
  },
  {
    what: 'a disc without the kernel',
    disc: { files: { 'limine.conf': bootAtOnce } },
    sentence: `${kernel}file not found on the boot medium.`,
  },
  {
    what: 'a path in the wrong case',
    disc: { files: { 'limine.conf': bootAtOnce, 'Kernel.elf': good } },
    sentence: `${kernel}file not found on the boot medium; there is "Kernel.elf", and upper and lower case count.`,
  },
  {
    what: 'a directory in the place of the kernel',
    disc: { files: { 'limine.conf': bootAtOnce, 'kernel.elf/inner': good } },
    sentence: `${kernel}that is a directory, expected a file.`,
  },
  {
    what: 'a text file as kernel',
    disc: withKernel(encoder.encode('#!/bin/sh\n')),
    sentence: `${kernel}it is not an ELF file; it begins with 23 21 2f 62, expected 7f 45 4c 46.`,
  },
  { what: 'an empty kernel', disc: withKernel(new Uint8Array(0)), sentence: `${kernel}the file is empty.` },
  {
    what: 'a 32-bit kernel',
    disc: withKernel(patched(4, 1)),
    sentence: `${kernel}it is not a 64-bit ELF file; its class (byte 4) is 1 (32-bit), expected 2 (64-bit).`,
  },
  {
    what: 'a kernel for another processor',
    disc: withKernel(patched(18, 183, 0)),
    sentence: `${kernel}it is not for this processor; its machine is 183, expected 62 (x86-64).`,
  },
  {
    what: 'a program that wants a dynamic linker',
    disc: withKernel(
      makeElf(
        [{ address: 0n, kind: 3, bytes: encoder.encode('/lib64/ld-linux-x86-64.so.2\0') }, { address: 0x1000n }],
        { type: 3, entry: 0x1050n },
      ),
    ),
    sentence: `${kernel}it is a dynamically linked program (PT_INTERP asks for /lib64/ld-linux-x86-64.so.2); a kernel must be a static executable.`,
  },
  {
    what: 'a position-independent kernel',
    disc: withKernel(makeElf([{ address: 0n }], { type: 3, entry: 0n })),
    sentence: `${kernel}it is position-independent (type ET_DYN, without PT_DYNAMIC, entry point 0x0); expected an executable linked to a fixed address (ET_EXEC), as -C relocation-model=static makes it.`,
  },
  {
    what: 'a kernel in the lower half',
    disc: withKernel(makeElf([{ address: 0x200000n }], { entry: 0x200000n })),
    sentence: `${kernel}segment 0 lies at 0x200000 in the lower half, expected 0xffffffff80000000 or above; its entry point is 0x200000.`,
  },
  {
    what: 'a kernel without anything to load',
    disc: withKernel(makeElf([], { entry: 0n })),
    sentence: `${kernel}it has no segment to load (no PT_LOAD); its entry point is 0x0.`,
  },
  {
    what: 'a kernel without an entry point',
    disc: withKernel(makeElf([{ address: kernelBase }], { entry: 0n })),
    sentence: `${kernel}its entry point is 0x0, which is not inside an executable segment; expected the address of the kernel's first function.`,
  },
  {
    what: 'segments that share a page with different permissions',
    disc: withKernel(makeElf([{ address: kernelBase }, { address: kernelBase + 0x10n, flags: 6 }])),
    sentence: `${kernel}segments 0 (R-X) and 1 (RW-) share the page at 0xffffffff80000000 with different permissions; expected each to begin on a page of its own, as ALIGN(0x1000) makes it.`,
  },
  {
    what: 'an unknown option',
    disc: withConfig(bootAtOnce.replace('timeout', 'timout')),
    sentence: 'Bad configuration: /limine.conf, line 1: "timout" is not an option; expected "timeout", perhaps.',
  },
  {
    what: 'the old way to open an entry',
    disc: withConfig('timeout: 0\n:Onko OS\n'),
    sentence:
      'Bad configuration: /limine.conf, line 2: ":Onko OS" is the old way to open an entry (Limine before version 8); expected "/Onko OS".',
  },
  {
    what: 'the old way to set an option',
    disc: withConfig('TIMEOUT=0\n'),
    sentence:
      'Bad configuration: /limine.conf, line 1: "TIMEOUT" is the old way to set an option (Limine before version 8); expected "timeout: 0".',
  },
  {
    what: 'an entry without path, in /boot/limine',
    disc: { files: { 'boot/limine/limine.conf': '\n/Onko OS\nprotocol: limine\n', 'kernel.elf': good } },
    sentence:
      'Bad configuration: /boot/limine/limine.conf, line 2: the entry "Onko OS" says no "path"; expected one like "path: boot():/kernel.elf".',
  },
  {
    what: 'a module that is not there',
    disc: withConfig(`${bootAtOnce}    module_path: boot():/missing.bin\n`),
    sentence: 'Cannot load the module "boot():/missing.bin": file not found on the boot medium.',
  },
];

/** Waits for the refusal, and checks that it stands in all three places and that the machine is at rest. */
async function assertRefused(machine: Qemu, sentence: string): Promise<void> {
  const cpu = await machine.waitUntilHalted();
  assert.ok(machine.serial().replaceAll('\r', '').endsWith(`${sentence}\n`), `COM1: ${machine.serial()}`);
  assert.ok(machine.debug().replaceAll('\r', '').endsWith(`${sentence}\n`), `port 0xE9: ${machine.debug()}`);
  const screen = await textScreen(machine);
  const words = (text: string): string => text.replace(/\s+/g, '');
  assert.ok(words(screen.join(' ')).endsWith(words(sentence)), screen.join('\n'));
  for (const row of screen) assert.ok(row.length <= 80);
  assert.equal(cpu.halted, true);
}

for (const { what, disc, sentence, machine = {} } of refusals) {
  test(`${what} is refused in words`, async () => {
    await withQemu({ iso: await makeDisc(disc), ...machine }, (qemu) => assertRefused(qemu, sentence));
  });
}

test('a kernel that needs more memory than there is is told how much there is', async () => {
  const disc = withKernel(makeElf([{ address: kernelBase, memorySize: 0x1000_0000n }]));
  await withQemu({ iso: await makeDisc(disc), memory: '64M' }, async (qemu) => {
    await qemu.waitUntilHalted();
    const sentence =
      /the kernel's image needs 262144 KiB in one piece below 4 GiB, the largest free piece has (\d+) KiB/;
    const free = Number(sentence.exec(qemu.serial())?.[1]);
    assert.ok(free > 62 * 1024 && free < 63 * 1024, qemu.serial());
    await assertRefused(qemu, sentence.exec(qemu.serial())?.[0].concat('.') ?? '');
  });
});

test('a long refusal is wrapped between words, below a heading', async () => {
  const disc = withKernel(makeElf([{ address: 0x200000n }], { entry: 0x200000n }));
  await withQemu({ iso: await makeDisc(disc) }, async (qemu) => {
    await qemu.waitUntilHalted();
    const rows = await textScreen(qemu);
    assert.match(rows[1] ?? '', /^ {2}Onko loader \d+\.\d+\.\d+$/);
    assert.deepEqual(rows.slice(2, 7), [
      '',
      '  Cannot boot "boot():/kernel.elf": segment 0 lies at 0x200000 in the lower',
      '  half, expected 0xffffffff80000000 or above; its entry point is 0x200000.',
      '',
      '',
    ]);
  });
});

test('a CPU without long mode is told so before anything else', async () => {
  const sentence =
    'Cannot boot: this CPU has no 64-bit long mode (CPUID 0x80000001, EDX bit 29), expected an x86-64 CPU.';
  for (const cpu of ['qemu32', '486']) {
    await withQemu({ iso: await makeDisc(withKernel(good)), cpu }, (qemu) => assertRefused(qemu, sentence));
  }
});

test('a disc whose boot image does not know its place is refused by its first block', async () => {
  const xorriso = hybridBoot(biosImage, uefiImage).filter((argument) => argument !== '-boot-info-table');
  const iso = await makeDisc({ ...withKernel(good), xorriso });
  const sentence =
    "Cannot boot: the boot image does not know where it lies; expected an ISO made with xorriso's option -boot-info-table.";
  await withQemu({ iso }, (qemu) => assertRefused(qemu, sentence));
});
