/**
 * Hundreds of kernels that are none, through the whole loader: always a message, never a hang or a reset; in the page's
 * machine, and in one of QEMU that goes back to the loader's beginning each time.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { buildChapter } from '../../kernel/pipeline/build.ts';
import { withQemu } from '../../kernel/pipeline/qemu.ts';
import { pcWith } from '../machine/fixtures/built-engine.ts';
import { bootAtOnce, kernelBase, makeDisc, makeElf } from './fixtures/loader-disc.ts';
import { placeOf, Rewind, sizeField } from './fixtures/rewind.ts';

const chapterKernel = new Uint8Array(await readFile(await buildChapter('05-main-rs')));

/** Numbers that look random and are the same in every run (a linear congruential generator, Knuth's constants). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = BigInt(seed) * 2n + 1n;
  return (limit) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) % BigInt(limit));
  };
}

const discWith = (kernel: Uint8Array): Promise<string> =>
  makeDisc({ files: { 'limine.conf': bootAtOnce, 'kernel.elf': kernel } });

const refusal = /^Cannot boot.*\.$/m;

/** The bytes of a disc with this kernel. Made once; other kernels are put in the place of the first, as they would lie. */
const discBytes = await (async () => {
  const room = new Uint8Array(Math.max(chapterKernel.length, 8192)).fill(0x5a);
  const disc = new Uint8Array(await readFile(await discWith(room)));
  const { start, size } = placeOf(Buffer.from(disc), room);
  return (kernel: Uint8Array): Uint8Array => {
    const copy = disc.slice();
    copy.fill(0, start, start + room.length).set(kernel, start);
    copy.set(sizeField(kernel.length), size);
    return copy;
  };
})();

/** Boots a kernel in the page's machine. Returns what the loader says, or 'called' once the kernel is. */
async function verdict(kernel: Uint8Array): Promise<string> {
  const { pc, output } = await pcWith(discBytes(kernel));
  const most = 300;
  for (let slice = 0; slice < most; slice++) {
    const reason = pc.run(1e5, 1e5);
    if (output.debug.includes('Calling the kernel')) return 'called';
    assert.notEqual(reason, 'shutdown', `a triple fault: ${output.debug}`);
    const { halted, rflags } = pc.registers();
    if (halted && (rflags & 0x200n) === 0n) {
      const sentence = refusal.exec(output.debug)?.[0] ?? '';
      assert.ok(output.serial.replaceAll('\r', '').includes(sentence) && sentence !== '', output.debug);
      return sentence;
    }
  }
  return assert.fail(`neither refused nor called: ${output.debug}`);
}

test('the chapter’s kernel cut at every sixteenth of its length is refused', { timeout: 300_000 }, async () => {
  const { length } = chapterKernel;
  const sentences: string[] = [];
  for (let part = 0; part < 16; part++) {
    sentences.push(await verdict(chapterKernel.slice(0, Math.floor((length * part) / 16))));
  }
  assert.match(sentences[0] ?? '', /the file is empty\.$/);
  for (const [part, sentence] of sentences.entries()) {
    // What lies behind the last segment (symbols, section headers) is not missed.
    if (part > 0 && sentence !== 'called') assert.match(sentence, /the file is truncated; its .* ends at byte \d+/);
  }
  assert.ok(sentences.filter((sentence) => sentence !== 'called').length >= 4, sentences.join('\n'));
  assert.equal(await verdict(chapterKernel), 'called');
});

test('300 kernels of random bytes are refused, each in words', { timeout: 600_000 }, async () => {
  const config = Buffer.from(bootAtOnce);
  await Rewind.with('bios', 8192, async (rewind) => {
    for (let seed = 0; seed < 300; seed++) {
      const random = randomNumbers(seed);
      const kernel = new Uint8Array(1 + random(6000)).map(() => random(256));
      // A third begins as an ELF file, a third has all of a good file's header.
      if (seed % 3 > 0)
        kernel.set(makeElf([{ address: kernelBase }]).subarray(0, Math.min(seed % 3 === 1 ? 20 : 64, kernel.length)));
      const outcome = await rewind.try({ config, kernel });
      assert.ok(
        outcome.kind === 'refused' && refusal.test(outcome.sentence),
        `seed ${seed}: ${JSON.stringify(outcome)}`,
      );
    }
  });
});

test('a disc that ends anywhere between the loader’s beginning and the kernel’s end is refused by the loader', async () => {
  const disc = Buffer.from(await readFile(await discWith(chapterKernel)));
  // The El Torito catalogue (block 17 says where it lies) gives the boot image's block in its initial entry.
  const catalog = disc.readUInt32LE(17 * 2048 + 0x47);
  const image = disc.readUInt32LE(catalog * 2048 + 32 + 8);
  const end = disc.indexOf(chapterKernel) + chapterKernel.length;
  const folder = await mkdtemp(`${tmpdir()}/onko-cut-disc-`);
  try {
    for (let sixteenth = 0; sixteenth < 16; sixteenth += 3) {
      const first = (image + 1) * 2048;
      const iso = `${folder}/${sixteenth}.iso`;
      await writeFile(iso, disc.subarray(0, first + Math.floor(((end - first) * sixteenth) / 16)));
      await withQemu({ iso }, async (machine) => {
        await machine.waitUntilHalted();
        assert.match(machine.serial(), /^Cannot (boot|read).*\.\r?$/m, `cut at ${sixteenth}/16`);
      });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
