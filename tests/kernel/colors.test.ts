import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { colorChapter, compileColors } from '../../kernel/pipeline/colors.ts';
import { isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { colorInstructions, findShape, paintKernel, shapeOf } from '../../src/lib/color-patch.ts';
import { encode, formats, onkoColor, type Color } from '../../src/lib/color.ts';
import { parseElf } from '../../src/lib/elf.ts';
import { block, fileBytes, findFile, readContent } from '../../src/lib/iso9660/content.ts';
import { pcWith, runUntilHalted } from '../machine/fixtures/built-engine.ts';
import { thorough } from '../thorough.ts';

const shapes = readManifest(isosFolder)?.isos.find(({ chapter }) => chapter === colorChapter)?.kernel?.colors ?? [];
const iso = new Uint8Array(readFileSync(`${isosFolder}/${colorChapter}.iso`));
const file = findFile(readContent(iso), 'kernel.elf');
const kernel = fileBytes(iso, file);

/** Thirty colours, the same in every run: most of no special shape, some with zeros, ones and equal channels. */
function randomColors(): Color[] {
  let state = 0x0c1821;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: 30 }, (_, index) => {
    const any = () => (index % 3 === 0 ? (['0', '1', '77', '255'][next(4)] ?? '0') : String(next(256)));
    return { red: Number(any()), green: Number(any()), blue: Number(any()) };
  });
}

/** Every value of every channel, beside two that are not special. */
function everyValue(): Color[] {
  return Array.from({ length: 256 }, (_, value) => value).flatMap((value) => [
    { ...onkoColor, red: value },
    { ...onkoColor, green: value },
    { ...onkoColor, blue: value },
  ]);
}

/** Compiling takes a good third of a second each, and the build has compiled and proved every shape already. */
const compiled = thorough ? [...randomColors(), ...everyValue()] : randomColors().slice(0, 9);

test(`the page’s kernels of ${compiled.length} colours are the compiler’s, to the byte`, async () => {
  const kernels = await compileColors(colorChapter, compiled);
  for (const [index, color] of compiled.entries()) {
    assert.ok(
      Buffer.from(paintKernel(kernel, shapes, color)).equals(kernels[index] ?? Buffer.alloc(0)),
      `the kernel of ${JSON.stringify(color)}, of shape ${shapeOf(color)}`,
    );
  }
});

test('thirty random colours boot, and come back from video memory at every pixel', async () => {
  for (const color of randomColors()) {
    const painted = paintKernel(kernel, shapes, color);
    const disc = iso.slice();
    disc.set(painted, file.lba * block);
    const { pc } = await pcWith(disc);
    runUntilHalted(pc);

    const { mode, width, height, pitch, bpp, pixels } = pc.screen();
    assert.deepEqual({ mode, bpp }, { mode: 'graphics', bpp: 32 });
    const word = encode(color, formats.rgb);
    const view = new DataView(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const found = view.getUint32(y * pitch + x * 4, true);
        if (found !== word) assert.fail(`${JSON.stringify(color)}: pixel (${x}, ${y}) is ${found}, not ${word}`);
      }
    }

    // The bytes that the page shows as instructions are the ones that the machine runs.
    const text = parseElf(painted).sections.find(({ name }) => name === '.text');
    assert.ok(text);
    for (const shown of colorInstructions(painted, findShape(shapes, color))) {
      const [decoded] = pc.disassemble(text.address + BigInt(shown.offset) - text.offset, 1);
      assert.deepEqual(Buffer.from(decoded?.bytes ?? []), Buffer.from(shown.bytes));
      assert.equal(tidy(decoded?.text ?? ''), shown.text);
    }
  }
});

/** The machine's disassembler writes a number with all its digits. */
function tidy(text: string): string {
  return text.replace(/0x0*([0-9a-f])/, '0x$1');
}
