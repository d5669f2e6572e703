import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachineError } from '../../machine/errors.ts';
import { describeFault } from '../../machine/engine.ts';
import { Pc, ticksPerSecond } from '../../machine/pc.ts';
import { decodePostBios } from '../../machine/post-bios.ts';
import {
  busyAddress,
  busyDisc,
  clockDisc,
  echoingDisc,
  faultingAddress,
  faultingDisc,
  noisyDisc,
  paintedColor,
  paintedHeight,
  paintedWidth,
  paintingDisc,
  talkingDisc,
  waitingDisc,
} from './fixtures/boot-disc.ts';
import { module, pcWith, postBios, runUntilHalted, snapshotBytes, wasmBytes } from './fixtures/built-engine.ts';

/** A failure in words: a sentence about what is wrong, and a fix. */
const inWords =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof MachineError && pattern.test(error.message) && error.fix.length > 10;

test('a disc that talks is heard on the screen, on COM1 and on port 0xE9', async () => {
  const { pc, output } = await pcWith(talkingDisc('Hello from sector 20.'));
  runUntilHalted(pc);
  assert.equal(output.debug, 'Hello from sector 20.');
  assert.equal(output.serial, 'Hello from sector 20.');
  assert.equal(pc.textScreen().filter((line) => line.includes('Hello from sector 20.')).length, 1);
  assert.deepEqual(pc.mode(), { mode: 'text', width: 80, height: 25, bpp: 0 });
});

test('a linear framebuffer is painted exactly, at every pixel', async () => {
  const { pc } = await pcWith(paintingDisc());
  runUntilHalted(pc);
  const screen = pc.screen();
  assert.equal(screen.mode, 'graphics');
  assert.deepEqual(
    [screen.width, screen.height, screen.bpp, screen.pitch],
    [paintedWidth, paintedHeight, 32, paintedWidth * 4],
  );
  assert.deepEqual([...screen.pixels.subarray(0, 4)], [0x21, 0x18, 0x0c, 0x00]);
  const pixels = new Uint32Array(screen.pixels.buffer);
  assert.equal(pixels.length, paintedWidth * paintedHeight);
  assert.ok(pixels.every((pixel) => pixel === paintedColor));
  const picture = pc.changedPicture();
  assert.ok(picture);
  assert.ok(new Uint32Array(picture.rgba.slice().buffer).every((rgba) => rgba === 0xff21180c));
  assert.deepEqual(pc.textScreen(), []);
});

test('video memory can be read at its physical address', async () => {
  const { pc } = await pcWith(paintingDisc(0x00abcdef));
  runUntilHalted(pc);
  const { address } = pc.screen();
  assert.equal(address, 0xe0000000n);
  assert.deepEqual([...pc.readPhysical(0xe0000000n + 4092n, 8)], [0xef, 0xcd, 0xab, 0, 0xef, 0xcd, 0xab, 0]);
});

test('a halted CPU stays halted and executes nothing, however long it is run', async () => {
  const { pc } = await pcWith(talkingDisc('x'));
  runUntilHalted(pc);
  const before = pc.instructionCount();
  for (let n = 0; n < 50; n++) assert.equal(pc.run(1e6, 1e5), 'waiting');
  assert.equal(pc.instructionCount(), before);
});

test('time passes for a waiting CPU only as far as it is allowed to', async () => {
  const { pc } = await pcWith(waitingDisc());
  while (!pc.registers().halted) pc.run(1e5, 0);
  const before = pc.ticks();
  assert.equal(pc.run(1e6, 1000), 'waiting');
  assert.ok(pc.ticks() - before <= 1100, `${pc.ticks() - before} ticks`);
});

test('keys arrive: pressed, released, shifted', async () => {
  const { pc, output } = await pcWith(echoingDisc());
  pc.run(2e6, 1e6);
  for (const code of ['KeyO', 'KeyN', 'KeyK', 'KeyO']) {
    assert.ok(pc.key(code, true));
    pc.run(2e6, 1e6);
    assert.ok(pc.key(code, false));
    pc.run(2e6, 1e6);
  }
  pc.key('ShiftLeft', true);
  pc.run(2e6, 1e6);
  pc.key('Digit1', true);
  pc.run(2e6, 1e6);
  assert.equal(output.debug, 'onko!');
  assert.equal(pc.key('NoSuchKey', true), false);
});

test('a triple fault stops the CPU and tells what happened first', async () => {
  const { pc } = await pcWith(faultingDisc());
  let reason = pc.run(1e6, 1e6);
  while (reason !== 'shutdown' && pc.ticks() < 100e6) reason = pc.run(1e6, 1e6);
  assert.equal(reason, 'shutdown');
  assert.equal(pc.run(1e6, 1e6), 'shutdown');
  const fault = pc.fault();
  assert.deepEqual(fault.exceptions[0], { vector: 6, errorCode: 0, rip: BigInt(faultingAddress), cr2: 0n });
  assert.deepEqual(
    fault.exceptions.map(({ vector }) => vector),
    [6, 13, 13, 8, 13],
  );
  assert.match(describeFault(fault), /invalid opcode exception \(vector 6, .*\) at RIP 0x7c12/);
  pc.reset();
  assert.notEqual(pc.run(1e5, 0), 'shutdown');
});

test('reset boots the disc again, and counts instructions from there', async () => {
  const { pc, output } = await pcWith(talkingDisc('again.'));
  runUntilHalted(pc);
  pc.reset();
  assert.equal(pc.instructionCount(), 0);
  runUntilHalted(pc);
  assert.equal(output.debug, 'again.again.');
  assert.ok(pc.instructionCount() > 500_000, 'the BIOS ran');
});

test('a breakpoint stops before its instruction, as often as it comes by', async () => {
  const { pc } = await pcWith(busyDisc());
  pc.setBreakpoints([BigInt(busyAddress)]);
  let reason = pc.run(1e6, 1e6);
  while (reason !== 'breakpoint' && pc.ticks() < 100e6) reason = pc.run(1e6, 1e6);
  for (let n = 0; n < 3; n++) {
    const { rip, rax } = pc.registers();
    assert.equal(rip, BigInt(busyAddress));
    assert.equal(pc.run(1e6, 1e6), 'breakpoint');
    assert.equal(pc.registers().rax & 0xffff_ffffn, (rax + 1n) & 0xffff_ffffn);
  }
  pc.setBreakpoints([]);
  assert.equal(pc.run(1e6, 1e6), 'slice-used');
});

test('a step is one instruction', async () => {
  const { pc } = await pcWith(busyDisc());
  pc.setBreakpoints([BigInt(busyAddress)]);
  while (pc.run(1e6, 1e6) !== 'breakpoint') assert.ok(pc.ticks() < 100e6);
  const counted = pc.instructionCount();
  const places = [];
  for (let n = 0; n < 4; n++) {
    pc.step();
    places.push(pc.registers().rip);
  }
  assert.deepEqual(places, [
    BigInt(busyAddress + 2),
    BigInt(busyAddress),
    BigInt(busyAddress + 2),
    BigInt(busyAddress),
  ]);
  assert.equal(pc.instructionCount() - counted, 4);
});

test('instructions are disassembled at their addresses', async () => {
  const { pc } = await pcWith(busyDisc());
  pc.run(5e6, 1e6);
  const [first, second] = pc.disassemble(BigInt(busyAddress), 2);
  assert.equal(first?.text.trim(), 'inc eax');
  assert.deepEqual([...(second?.bytes ?? [])], [0xeb, 0xfc]);
  assert.match(second?.text ?? '', /jmp .*7c05/);
});

test('memory is written and read back, and reading where nothing is fails in words', async () => {
  const { pc } = await pcWith(busyDisc());
  pc.writePhysical(0x100ffen, new Uint8Array([1, 2, 3, 4]));
  assert.deepEqual([...pc.readPhysical(0x100ffen, 4)], [1, 2, 3, 4]);
  assert.deepEqual([...pc.readLinear(0x100ffen, 4)], [1, 2, 3, 4]);
  assert.throws(
    () => pc.writePhysical(0x1000_0000n, new Uint8Array(1)),
    inWords(/no RAM at physical address 0x10000000/),
  );
  assert.throws(() => pc.readPhysical(0xf000_0000n, 4), inWords(/no memory at physical address 0xf0000000/));
});

test('a restored snapshot goes on as if nothing had happened, also in another PC', async () => {
  const { pc, output } = await pcWith(talkingDisc('The same words.'));
  while (output.debug.length < 5) pc.run(1e4, 1e4);
  const snapshot = pc.snapshot();
  const said = output.debug;
  runUntilHalted(pc);
  const count = pc.instructionCount();
  pc.restore(snapshot);
  output.debug = said;
  runUntilHalted(pc);
  assert.equal(output.debug, 'The same words.');
  assert.equal(pc.instructionCount(), count);

  const other = await pcWith();
  other.pc.restore(structuredClone(snapshot));
  other.output.debug = said;
  runUntilHalted(other.pc);
  assert.equal(other.output.debug, 'The same words.');
  assert.equal(other.pc.instructionCount(), count);
  assert.deepEqual(other.pc.textScreen(), pc.textScreen());
});

test('two runs of the same disc take the same number of instructions', async () => {
  const counts = [];
  for (let n = 0; n < 2; n++) {
    const { pc } = await pcWith(paintingDisc());
    pc.setClock(new Date(Date.UTC(2026, 0, 1 + n)));
    runUntilHalted(pc);
    counts.push(pc.instructionCount());
  }
  assert.equal(counts[0], counts[1]);
});

test('the clock tells the date that it was set to', async () => {
  const { pc, output } = await pcWith(clockDisc());
  pc.setClock(new Date(Date.UTC(2031, 4, 6, 7, 8, 9)));
  runUntilHalted(pc);
  assert.deepEqual(
    [...output.debug].map((byte) => byte.charCodeAt(0).toString(16)),
    ['20', '31', '5', '6', '7', '8'],
  );
});

test('discs that cannot be booted are refused in words, and a good one after them boots', async () => {
  const { pc, output } = await pcWith();
  const good = talkingDisc('fine');
  const noBootRecord = good.slice();
  noBootRecord.fill(0, 17 * 2048, 18 * 2048);
  const noVolume = good.slice();
  noVolume.fill(0xff, 16 * 2048, 17 * 2048);
  assert.throws(() => pc.insertDisc(new Uint8Array(0)), inWords(/it is empty/));
  assert.throws(() => pc.insertDisc(good.slice(0, 5000)), inWords(/ends after 5000 bytes/));
  assert.throws(() => pc.insertDisc(noVolume), inWords(/"CD001"/));
  assert.throws(() => pc.insertDisc(noBootRecord), inWords(/no El Torito boot record/));
  pc.insertDisc(good);
  runUntilHalted(pc);
  assert.equal(output.debug, 'fine');
});

test('a disc whose boot catalogue is damaged ends with words of the BIOS, not in silence', async () => {
  const disc = talkingDisc('never');
  disc.fill(0, 19 * 2048, 20 * 2048);
  const { pc, output } = await pcWith(disc);
  for (let n = 0; n < 100; n++) pc.run(1e6, 1e6);
  assert.match(pc.textScreen().join('\n'), /[Bb]oot/);
  assert.equal(output.debug.includes('never'), false);
});

test('a damaged snapshot file is refused in words', () => {
  assert.throws(() => decodePostBios(snapshotBytes.slice(0, 1000)), inWords(/has 1000 bytes instead of/));
  assert.throws(() => decodePostBios(new Uint8Array(64)), inWords(/does not begin as a snapshot does/));
});

test('an engine that is something else is refused in words', async () => {
  const empty = await WebAssembly.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  await assert.rejects(Pc.fromSnapshot(empty, postBios), inWords(/engine/));
});

test('a guest with 64 MiB takes at most 130 MiB', async () => {
  const { pc } = await pcWith(paintingDisc());
  runUntilHalted(pc);
  assert.ok(pc.memoryUsage() <= 130 * 2 ** 20, `${(pc.memoryUsage() / 2 ** 20).toFixed(1)} MiB`);
});

test('engine and snapshot are at most 450 KB as a server sends them', async () => {
  const { engineFolder } = await import('../../machine/engine/build.ts');
  const { readFile } = await import('node:fs/promises');
  const { files } = JSON.parse(await readFile(`${engineFolder}/engine.json`, 'utf8')) as {
    files: Record<string, { size: number; brotli: number }>;
  };
  assert.equal(files['engine.wasm']?.size, wasmBytes.length);
  const total = Object.values(files).reduce((sum, { brotli }) => sum + brotli, 0);
  assert.ok(total > 0 && total <= 450_000, `${total} bytes`);
  assert.ok(module);
});

test('the guest’s second has as many ticks as its configuration says', async () => {
  const { readFile } = await import('node:fs/promises');
  const bochsrc = await readFile(new URL('../../machine/engine/bochsrc', import.meta.url), 'utf8');
  assert.equal(Number(/ips=(\d+)/.exec(bochsrc)?.[1]), ticksPerSecond);
});

test('looking at the screen does not keep the picture from being shown', async () => {
  const { pc } = await pcWith(talkingDisc('look'));
  runUntilHalted(pc);
  pc.screen();
  assert.notEqual(pc.changedPicture(), null);
  assert.equal(pc.changedPicture(), null);
});

test('noise as a boot sector breaks nothing but itself', { timeout: 120_000 }, async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { pc } = await pcWith(noisyDisc(seed));
    for (let n = 0; n < 3; n++) pc.run(1e5, 1e6);
    assert.ok(pc.instructionCount() > 0);
    assert.ok(pc.screen().width > 0);
    pc.disassemble(pc.registers().rip, 3);
  }
});
