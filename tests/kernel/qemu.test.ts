import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { biosBoot, writeIso } from '../../kernel/pipeline/iso.ts';
import { GuestResetError, parseCpu, parsePpm, withQemu } from '../../kernel/pipeline/qemu.ts';

const folder = mkdtempSync(`${tmpdir()}/onko-qemu-test-`);
after(() => rmSync(folder, { recursive: true }));

/** An ISO whose boot sector is this machine code, run in real mode at 0x7C00. */
async function isoOf(name: string, code: readonly number[]): Promise<string> {
  const sector = new Uint8Array(2048);
  sector.set([0xeb, 62]); // jmp over the boot info table of bytes 8 to 63
  sector.set(code, 64);
  const iso = `${folder}/${name}.iso`;
  await writeIso(iso, new Map([['boot.bin', sector]]), biosBoot('boot.bin'));
  return iso;
}

/** mov dx, port; mov al, byte; out dx, al */
const out8 = (port: number, byte: number) => [0xba, port & 0xff, port >> 8, 0xb0, byte, 0xee];
/** mov dx, port; mov ax, word; out dx, ax */
const out16 = (port: number, word: number) => [0xba, port & 0xff, port >> 8, 0xb8, word & 0xff, word >> 8, 0xef];
const setVbe = (register: number, value: number) => [...out16(0x1ce, register), ...out16(0x1cf, value)];
/** cli; again: hlt; jmp again */
const haltForGood = [0xfa, 0xf4, 0xeb, 0xfd];

test('a guest that talks and halts is seen to do so', async () => {
  const code = [...out8(0xe9, 0x41), ...out8(0x3f8, 0x42), ...haltForGood];
  await withQemu({ iso: await isoOf('halt', code) }, async (machine) => {
    const cpu = await machine.waitUntilHalted();
    assert.equal(cpu.halted, true);
    assert.equal(cpu.longMode, false);
    assert.equal(cpu.registers.get('rdx'), 0x3f8n);
    assert.equal(cpu.selectors.get('cs'), 0);
    await machine.waitForText('serial', 'B');
    assert.ok(machine.debug().endsWith('A'), machine.debug());
    const start = await machine.readPhysical(0x7c40n, code.length);
    assert.deepEqual([...start], code);
    assert.equal(await machine.videoMode(), undefined);
  });
});

test('a video mode is read from the card and its pixels from memory', async () => {
  const mode = [
    ...setVbe(4, 0),
    ...setVbe(1, 640),
    ...setVbe(2, 480),
    ...setVbe(3, 32),
    ...setVbe(4, 0x41),
    ...setVbe(6, 704),
  ];
  await withQemu({ iso: await isoOf('video', [...mode, ...haltForGood]) }, async (machine) => {
    await machine.waitUntilHalted();
    const video = await machine.videoMode();
    assert.ok(video !== undefined);
    assert.deepEqual(
      { ...video, address: 0n },
      { width: 640, height: 480, bitsPerPixel: 32, pitch: 704 * 4, address: 0n },
    );
    assert.equal((await machine.readPhysical(video.address, 704 * 4 * 480)).length, 704 * 4 * 480);
    const dump = await machine.screenDump();
    assert.deepEqual([dump.width, dump.height, dump.rgb.length], [640, 480, 640 * 480 * 3]);
  });
});

test('a triple fault is told from a wait, and the CPU can still be looked at', async () => {
  const zeroIdt = [0x0f, 0x01, 0x1e, 0x00, 0x7e, 0xcc]; // lidt [0x7E00], which holds zeros; int3
  await withQemu({ iso: await isoOf('fault', zeroIdt) }, async (machine) => {
    await assert.rejects(machine.waitUntilHalted(), (error) => error instanceof GuestResetError && error.tripleFault);
    assert.equal((await machine.cpu()).idt.limit, 0);
  });
});

test('a wait that takes too long says what was waited for and where the CPU is', async () => {
  const spin = [...out8(0xe9, 0x43), 0xeb, 0xfe];
  await withQemu({ iso: await isoOf('spin', spin), timeLimit: 3000 }, async (machine) => {
    await machine.waitForText('debug', 'C');
    await assert.rejects(machine.waitForText('serial', 'never'), /Waited 3 s for "never" on serial[^]*EIP=00007c/);
  });
});

test('a wrong argument is reported in the words of QEMU', async () => {
  await assert.rejects(
    withQemu({ iso: await isoOf('argument', haltForGood), cpu: 'no-such-cpu' }, (machine) => machine.waitUntilHalted()),
    /no-such-cpu/,
  );
});

test('registers of 64-bit mode are read whole', () => {
  const cpu = parseCpu(
    `RAX=0000000000000000 RBX=ffffffff80001000 RCX=0 RDX=1
R8 =0000000000000008 R9 =0 R10=00000000000000aa R15=0
RIP=ffffffff80000130 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
CS =0028 0000000000000000 ffffffff 00a09b00 DPL=0 CS64 [-RA]
TR =0000 0000000000000000 0000ffff 00008b00 DPL=0 TSS64-busy
GDT=     0000000000007000 00000037
IDT=     0000000000000000 00000000
CR0=80010011 CR2=0 CR3=0000000000010000 CR4=00000020
EFER=0000000000000d00`,
  );
  assert.equal(cpu.registers.get('rip'), 0xffffffff80000130n);
  assert.equal(cpu.registers.get('rflags'), 0x46n);
  assert.equal(cpu.registers.get('r8'), 8n);
  assert.equal(cpu.registers.get('r10'), 0xaan);
  assert.equal(cpu.registers.get('cr0'), 0x80010011n);
  assert.equal(cpu.selectors.get('cs'), 0x28);
  assert.deepEqual(cpu.gdt, { base: 0x7000n, limit: 0x37 });
  assert.deepEqual([cpu.halted, cpu.longMode], [true, true]);
});

test('a cut-off or foreign picture is refused', () => {
  const picture = Buffer.from('P6\n2 1\n255\nabcdef');
  assert.equal(Buffer.from(parsePpm(picture).rgb).toString(), 'abcdef');
  assert.throws(() => parsePpm(picture.subarray(0, -1)), /cut off/);
  assert.throws(() => parsePpm(Buffer.from('BM')), /not a binary PPM/);
});
