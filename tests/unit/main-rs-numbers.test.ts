import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { encode, formats, onkoColor } from '../../src/lib/color.ts';
import { pixelPlace, type FramebufferShape } from '../../src/lib/framebuffer.ts';
import type { Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';

// The chapter computes its numbers in place. These are the ones that its sentences state in words or as they are.
const prose = readFileSync(`${root}/src/content/docs/part-1/main-rs.mdx`, 'utf8').replace(/\s+/g, ' ');
const source = composeChapter('05-main-rs').get('src/main.rs')?.text ?? '';
const manifest = JSON.parse(readFileSync(`${root}/public/isos/manifest.json`, 'utf8')) as Manifest;
const entry = manifest.isos.find((iso) => iso.chapter === '05-main-rs');

/** The first group of the pattern in the chapter's text. */
function stated(pattern: RegExp): string {
  const found = pattern.exec(prose)?.[1];
  assert.ok(found !== undefined, `the chapter no longer says ${pattern}`);
  return found;
}

test('the wrong decimal that the chapter warns of is the hexadecimal number it names', () => {
  const decimal = Number(stated(/seen ([\d,]+) for this colour/).replaceAll(',', ''));
  assert.equal(decimal, Number(stated(/that is `(0x[0-9A-F]{8})`, a slip/)));
  assert.notEqual(decimal, encode(onkoColor, formats.rgb));
});

test('the chapter’s channel values are those that main.rs paints and the checkpoint expects', () => {
  assert.equal(stated(/You want (12 of red, 24 of green and 33 of blue)/), '12 of red, 24 of green and 33 of blue');
  assert.deepEqual(onkoColor, { red: 12, green: 24, blue: 33 });
  assert.match(source.replace(/\s+/g, ' '), /Color \{ red: 12, green: 24, blue: 33, \};/);
  assert.deepEqual(entry?.checkpoint, { kind: 'painted', color: { r: 12, g: 24, b: 33 } });
});

test('main.rs imports six names, four of them from the limine crate', () => {
  stated(/The rest of the file uses (six) names/);
  stated(/and (four) types from the `limine` crate/);
  const names = [...source.matchAll(/^use (.+);$/gm)].flatMap(([, path = '']) =>
    (/\{(.+)\}/.exec(path)?.[1] ?? path).split(',').map((name) => ({ path, name: name.trim() })),
  );
  assert.equal(names.length, 6);
  assert.equal(names.filter(({ path }) => path.startsWith('limine::')).length, 4);
});

test('each note is as many 8-byte words as the chapter counts', () => {
  const size = (name: string) => entry?.kernel?.symbols.find((symbol) => symbol.name.includes(name))?.size;
  stated(/(two magic numbers of 8 bytes each, and the number 3)/);
  assert.equal(size('BASE_REVISION'), (2 + 1) * 8);
  stated(
    /(four magic numbers \(two that all requests share, two that mean “framebuffer”\), a revision, and an empty pointer)/,
  );
  assert.equal(size('FRAMEBUFFER_REQUEST'), (4 + 1 + 1) * 8);
});

test('the release kernel has its kmain and no panic handler', () => {
  stated(/The panic handler (is not) among them/);
  const names = entry?.kernel?.symbols.map((symbol) => symbol.name) ?? [];
  assert.ok(names.includes('kmain'));
  assert.deepEqual(
    names.filter((name) => name.includes('panic')),
    [],
  );
});

test('QEMU’s first mode has a million pixels and fills a quarter of 16 MB, and its last pixel ends the framebuffer', () => {
  stated(/16 MB of memory and this mode uses (a quarter)/);
  stated(/, (a million times) over/);
  const shape: FramebufferShape = { width: 1280, height: 800, bpp: 32, pitch: 5120 };
  assert.equal(Math.round((shape.width * shape.height) / 1e5) / 10, 1);
  assert.equal(Math.round((shape.pitch * shape.height * 100) / 2 ** 24 / 5) * 5, 25);
  assert.equal(pixelPlace(shape, shape.width - 1, shape.height - 1).last, shape.pitch * shape.height - 1);
});
