import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  allShapes,
  colorInstructions,
  deriveShape,
  findShape,
  paintKernel,
  probesOf,
  shapeOf,
  shapeReasons,
} from '../../src/lib/color-patch.ts';
import { onkoColor, type Color } from '../../src/lib/color.ts';
import { parseElf } from '../../src/lib/elf.ts';
import { block, fileBytes, findFile, readContent } from '../../src/lib/iso9660/content.ts';
import type { Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';

const manifest = JSON.parse(readFileSync(`${root}/public/isos/manifest.json`, 'utf8')) as Manifest;
const shapes = manifest.isos.find(({ chapter }) => chapter === '05-main-rs')?.kernel?.colors ?? [];
const iso = new Uint8Array(readFileSync(`${root}/public/isos/05-main-rs.iso`));
const kernel = fileBytes(iso, findFile(readContent(iso), 'kernel.elf'));

const rgb = (red: number, green: number, blue: number): Color => ({ red, green, blue });

test('colours fall into shapes by zeros, ones and equal channels', () => {
  assert.equal(shapeOf(rgb(12, 24, 33)), 'a b c');
  assert.equal(shapeOf(rgb(0, 1, 2)), '0 1 a');
  assert.equal(shapeOf(rgb(255, 7, 255)), 'a b a');
  assert.equal(shapeOf(rgb(9, 9, 9)), 'a a a');
  // 3 channels that are 0, 1 or a letter; n letters can be equal in 1, 1, 2, 5 ways.
  assert.equal(allShapes().length, 8 + 12 * 1 + 6 * 2 + 1 * 5);
});

test('the probes of a shape are of that shape', () => {
  for (const shape of allShapes()) for (const color of probesOf(shape)) assert.equal(shapeOf(color), shape);
});

test('the manifest knows every shape, and the kernel’s own colour changes nothing', () => {
  assert.deepEqual(shapes.map(({ shape }) => shape).sort(), allShapes());
  assert.deepEqual(paintKernel(kernel, shapes, onkoColor), kernel);
});

test('three bytes carry a colour with nothing special, each the lowest of a number that a mov loads', () => {
  const color = rgb(200, 100, 50);
  const painted = paintKernel(kernel, shapes, color);
  const differing = [...painted.keys()].filter((offset) => painted[offset] !== kernel[offset]);
  assert.equal(differing.length, 3);
  const instructions = colorInstructions(painted, findShape(shapes, color));
  assert.deepEqual(
    instructions.map(({ owners, bytes, text }) => [owners, Buffer.from(bytes).toString('hex'), text]),
    [
      [['red'], '41b8c8000000', 'mov r8d, 0xc8'],
      [['green'], 'b864000000', 'mov eax, 0x64'],
      [['blue'], '41b932000000', 'mov r9d, 0x32'],
    ],
  );
  for (const { offset, bytes } of instructions)
    assert.deepEqual(painted.subarray(offset, offset + bytes.length), bytes);
});

test('a painted kernel is an ELF file with kmain in it, whatever the shape', () => {
  for (const shape of allShapes()) {
    const [color] = probesOf(shape);
    assert.ok(color);
    const { symbols } = parseElf(paintKernel(kernel, shapes, color));
    assert.ok(symbols.some(({ name, size }) => name === 'kmain' && size > 0n));
    assert.equal(shapeReasons(color).length > 0, shape !== 'a b c');
  }
});

test('probes that do not bear a shape out are refused, with the byte', () => {
  const base = Uint8Array.of(0xb8, 12, 0, 0, 0, 0xb9, 24, 0, 0, 0, 0xba, 33, 0, 0, 0, 7);
  const make = ({ red, green, blue }: Color, last = 7) =>
    Uint8Array.of(0xb8, red, 0, 0, 0, 0xb9, green, 0, 0, 0, 0xba, blue, 0, 0, 0, last);
  const colors = probesOf('a b c');
  const derive = (kernels: Uint8Array[]) =>
    deriveShape(
      base,
      'a b c',
      kernels.map((made, index) => ({ color: colors[index] ?? onkoColor, kernel: made })),
    );
  const all = colors.map((color) => make(color));
  assert.deepEqual(derive(all).points, { red: [1], green: [6], blue: [11] });
  assert.throws(() => derive(colors.map((color, index) => make(color, index))), /Byte 15 varies .* with no channel/);
  assert.throws(() => derive(colors.map((color) => make({ ...color, red: 99 }))), /No byte follows red/);
  assert.throws(() => derive([...all.slice(0, 2), make(rgb(1, 2, 3))]), /not proved: byte 1 /);
  assert.throws(() => derive([...all.slice(0, 2), base.subarray(1)]), /has 15 bytes, not 16/);
});

test('the kernel can be painted in its place on the ISO', () => {
  const file = findFile(readContent(iso), 'kernel.elf');
  const changed = iso.slice();
  changed.set(paintKernel(kernel, shapes, rgb(0, 0, 0)), file.lba * block);
  assert.deepEqual(readContent(changed), readContent(iso));
});
