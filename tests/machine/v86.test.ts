import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readV86Files } from '../../machine/v86/files.ts';
import { isFloppy, Pc32 } from '../../machine/v86/pc32.ts';
import { scanCodes } from '../../machine/v86/scan-codes.ts';
import { patchSector, sectorCheckpoint, type BootSector } from '../../src/lib/boot-sector.ts';
import { judge } from '../../src/lib/verdict.ts';
import { loaderRefusal } from '../../kernel/pipeline/boot-sector.ts';
import { root } from '../../tools/paths.ts';
import { echoingDisc, talkingDisc } from './fixtures/boot-disc.ts';

/** The browser's class, as far as v86 uses it: Node has none. */
class ImageDataStandIn {
  readonly data: Uint8ClampedArray;
  readonly width: number;

  constructor(data: Uint8ClampedArray, width: number) {
    this.data = data;
    this.width = width;
  }
}
Object.assign(globalThis, { ImageData: ImageDataStandIn });

const { v86, bios, vgaBios } = await readV86Files();
const parts = { module: await WebAssembly.compile(v86), bios: bios.buffer, vgaBios: vgaBios.buffer };

interface Recorded {
  pc: Pc32;
  serial: string;
  debug: string;
}

/** Runs a disc until the CPU sleeps for good or `until` says so, lets `look` look, and gives everything back. */
async function run(
  disc: Uint8Array,
  look: (recorded: Recorded) => void | Promise<void>,
  until?: (recorded: Recorded) => boolean,
): Promise<void> {
  const text = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);
  let rests = (): void => {};
  const rest = new Promise<void>((resolve) => (rests = resolve));
  const recorded: Omit<Recorded, 'pc'> & { pc?: Pc32 } = { serial: '', debug: '' };
  const pc = await Pc32.create(parts, disc, {
    serial: (bytes) => (recorded.serial += text(bytes)),
    debug: (bytes) => (recorded.debug += text(bytes)),
    halted: () => rests(),
  });
  const all = Object.assign(recorded, { pc });
  pc.run();
  if (until) while (!until(all)) await new Promise((resolve) => setTimeout(resolve, 20));
  else await rest;
  await pc.stop();
  try {
    await look(all);
  } finally {
    await pc.destroy();
  }
}

const sector = JSON.parse(readFileSync(`${root}/src/data/boot-sector.json`, 'utf8')) as BootSector;
const limit = { timeout: 60_000 };

test('the boot sector does what its page promises, whatever text and colour it got', limit, async () => {
  const settings = [
    { text: 'Hello from 512 bytes.', color: { r: 12, g: 24, b: 33 } },
    { text: 'Warm up the old, and know the new. '.repeat(11), color: { r: 232, g: 163, b: 61 } },
    { text: '', color: { r: 255, g: 0, b: 1 } },
  ];
  for (const setting of settings) {
    await run(patchSector(sector, setting), ({ pc, serial }) => {
      const seen = { screen: pc.screen(), cpu: pc.registers(), textScreen: pc.textScreen(), serial };
      const verdict = judge(sectorCheckpoint(sector, setting), [], seen);
      assert.ok(verdict.passed, verdict.findings.join(' '));
      assert.deepEqual(pc.mode(), { mode: 'graphics', width: 320, height: 200, bpp: 8 });
      assert.equal(pc.registers().segments.es.selector, 0xa000);
    });
  }
});

test('a PC that waits for a floppy disc boots one after another, each as if it had come first', limit, async (t) => {
  const settings = [
    { text: 'The first.', color: { r: 12, g: 24, b: 33 } },
    { text: 'The second, by other ways.', color: { r: 232, g: 163, b: 61 } },
  ];
  const waiting = await Pc32.createWaiting(parts);
  assert.equal(waiting.boots(readFileSync(`${root}/public/isos/01-environment.iso`)), false);
  for (const setting of settings) {
    const disc = patchSector(sector, setting);
    assert.equal(waiting.boots(disc), true);
    let halts = (): void => {};
    const halted = new Promise<void>((resolve) => (halts = resolve));
    await waiting.bootFloppy(disc, { serial() {}, debug() {}, halted: () => halts() });
    assert.match(waiting.textScreen()[0] ?? '', /^SeaBIOS/);
    assert.equal(waiting.instructionCount(), 0);
    waiting.run();
    await halted;
    await waiting.stop();
    await run(disc, ({ pc }) => {
      assert.deepEqual(waiting.registers(), pc.registers());
      assert.deepEqual(waiting.screen(), pc.screen());
      const [one, other] = [waiting, pc].map((each) => each.readPhysical(0n, 0x9f000));
      assert.ok(one && other);
      const different = [...one.keys()].filter((at) => one[at] !== other[at]);
      // When interrupts came shows in the motor's countdown, the clock, and what has been on the BIOS's and the sector's stack.
      const mayDiffer = [
        [0x440, 0x441],
        [0x46c, 0x470],
        [0x6e00, 0x7000],
        [0x7b00, 0x7c00],
      ] as const;
      const may = (at: number) => mayDiffer.some(([from, to]) => at >= from && at < to);
      assert.deepEqual(
        different.filter((at) => !may(at)),
        [],
      );
      const own = waiting.instructionCount();
      t.diagnostic(`${own} instructions from waiting to halted, ${pc.instructionCount()} from power on`);
      assert.ok(own * 10 < pc.instructionCount());
    });
  }
  await waiting.destroy();
});

for (const chapter of ['01-environment', '07-makefile']) {
  test(`${chapter}.iso is refused for want of long mode, on the screen and over both ports`, limit, async () => {
    await run(readFileSync(`${root}/public/isos/${chapter}.iso`), ({ pc, serial, debug }) => {
      assert.ok(serial.includes(loaderRefusal()));
      assert.ok(debug.includes(loaderRefusal()));
      assert.ok(pc.textScreen().join('\n').includes(loaderRefusal()));
      const { halted, cpuMode, codeBits } = pc.registers();
      assert.deepEqual({ halted, cpuMode, codeBits }, { halted: true, cpuMode: 'real', codeBits: 16 });
    });
  });
}

test('text mode is drawn with the card’s own font', limit, async () => {
  await run(talkingDisc('Hello, page.'), ({ pc }) => {
    const picture = pc.changedPicture();
    assert.deepEqual([picture?.width, picture?.height], [720, 400]);
    assert.equal(pc.changedPicture(), null);
    const lit = new Uint32Array(picture?.rgba.buffer ?? new ArrayBuffer(0)).filter((pixel) => pixel !== 0xff000000);
    assert.ok(lit.length > 300, `${lit.length} pixels are not black`);
    assert.ok(pc.textScreen().some((row) => row.includes('Hello, page.')));
  });
});

test('keys reach the guest', limit, async () => {
  let pressed = false;
  await run(
    echoingDisc(),
    ({ debug }) => assert.match(debug, /k/),
    ({ pc, debug }) => {
      // The disc says nothing before it waits, so the key is pressed until it answers.
      if (!debug.includes('k')) {
        pc.key('KeyK', !pressed);
        pressed = !pressed;
      }
      return debug.includes('k');
    },
  );
});

test('memory is read and written where it is RAM, and refused elsewhere', limit, async () => {
  await run(patchSector(sector, { text: 'x', color: { r: 0, g: 0, b: 0 } }), ({ pc }) => {
    assert.deepEqual([...pc.readPhysical(0x7dfen, 2)], [0x55, 0xaa]);
    pc.writePhysical(0x9000n, Uint8Array.of(1, 2, 3));
    assert.deepEqual([...pc.readLinear(0x9000n, 3)], [1, 2, 3]);
    for (const address of [0x9ffffn, 0xb8000n, 0x1ffffffn, -1n]) {
      assert.throws(() => pc.readPhysical(address, 4), /not all in the 32-bit PC's memory/);
    }
    assert.ok(pc.memoryUsage() < 64 * 2 ** 20, `${pc.memoryUsage()} bytes`);
  });
});

test('an image that no BIOS would boot is refused before anything runs', async () => {
  const create = (image: Uint8Array) => Pc32.create(parts, image, { serial() {}, debug() {}, halted() {} });
  await assert.rejects(create(new Uint8Array(0)), /it is empty/);
  await assert.rejects(create(new Uint8Array(100_000)), /CD001/);
  assert.equal(isFloppy(patchSector(sector, { text: '', color: { r: 0, g: 0, b: 0 } })), true);
  // The Makefile's ISO starts from a stick as well, so it has a boot sector.
  assert.equal(isFloppy(readFileSync(`${root}/public/isos/07-makefile.iso`)), false);
});

test('scan codes are those of set 1', () => {
  assert.deepEqual(scanCodes('Escape', true), [0x01]);
  assert.deepEqual(scanCodes('KeyA', true), [0x1e]);
  assert.deepEqual(scanCodes('KeyA', false), [0x9e]);
  assert.deepEqual(scanCodes('Space', true), [0x39]);
  assert.deepEqual(scanCodes('F12', true), [0x58]);
  assert.deepEqual(scanCodes('ArrowUp', false), [0xe0, 0xc8]);
  assert.equal(scanCodes('BrowserBack', true), undefined);
});
