import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkSectorText,
  hexColor,
  inkFor,
  loadAddress,
  parseSectorColor,
  patchSector,
  roomForText,
  sectorBytes,
  sectorCheckpoint,
  sectorFromFragment,
  sectorRows,
  sectorSize,
  sectorToFragment,
  shownColor,
  sixBits,
  sourceSetting,
  type BootSector,
} from '../../src/lib/boot-sector.ts';
import { bootSectorIsCurrent, bootSources, loaderRefusal } from '../../kernel/pipeline/boot-sector.ts';
import { root } from '../../tools/paths.ts';

const sector = JSON.parse(readFileSync(`${root}/src/data/boot-sector.json`, 'utf8')) as BootSector;
const channel = fc.integer({ min: 0, max: 255 });
const color = fc.tuple(channel, channel, channel).map(([r, g, b]) => ({ r, g, b }));
const text = fc.string({
  maxLength: roomForText(sector),
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

test('the committed sector is the one that the sources make, 512 bytes with its signature', async () => {
  assert.ok(await bootSectorIsCurrent(), 'run ./onko build');
  const bytes = sectorBytes(sector);
  assert.equal(bytes.length, sectorSize);
  assert.deepEqual([...bytes.slice(-2)], [0x55, 0xaa]);
  assert.equal(bytes[sector.halt], 0xf4);
});

test('with the source’s text and colour, patching changes nothing', () => {
  assert.deepEqual(patchSector(sector, sourceSetting), sectorBytes(sector));
});

test('patching writes the three places and nothing else', () => {
  const original = sectorBytes(sector);
  fc.assert(
    fc.property(text, color, (text, color) => {
      const bytes = patchSector(sector, { text, color });
      const { places } = sector;
      const inside = (at: number) =>
        Object.values(places).some(({ offset, size }) => at >= offset && at < offset + size);
      assert.ok(bytes.every((byte, at) => inside(at) || byte === original[at]));
      const end = bytes.indexOf(0, places.text.offset);
      assert.equal(new TextDecoder().decode(bytes.subarray(places.text.offset, end)), text);
      assert.deepEqual(
        [...bytes.subarray(places.color.offset, places.color.offset + 3)],
        [color.r >> 2, color.g >> 2, color.b >> 2],
      );
    }),
  );
});

test('six bits are a quarter, and the screen shows them within four of what was asked for', () => {
  assert.deepEqual([0, 3, 4, 12, 255].map(sixBits), [0, 0, 1, 3, 63]);
  assert.deepEqual(shownColor({ r: 12, g: 24, b: 33 }), { r: 15, g: 24, b: 32 });
  assert.deepEqual(shownColor({ r: 255, g: 255, b: 0 }), { r: 255, g: 255, b: 0 });
  fc.assert(
    fc.property(color, (color) => {
      const shown = shownColor(color);
      return [shown.r - color.r, shown.g - color.g, shown.b - color.b].every((error) => Math.abs(error) < 4);
    }),
  );
});

test('letters are white on dark grounds and black on light ones', () => {
  assert.equal(inkFor({ r: 12, g: 24, b: 33 }), 15);
  assert.equal(inkFor({ r: 232, g: 163, b: 61 }), 16);
  assert.equal(inkFor({ r: 255, g: 255, b: 255 }), 16);
});

test('what does not fit is refused with the character or the number', () => {
  const room = roomForText(sector);
  assert.doesNotThrow(() => checkSectorText('~'.repeat(room), room));
  assert.throws(() => checkSectorText('x'.repeat(room + 3), room), /has 420 characters.*room for 417; take 3 away/);
  assert.throws(() => checkSectorText('a\tb', room), /Character 2 of the text \(U\+0009\)/);
  assert.throws(() => checkSectorText('ok 🙂', room), /Character 4 of the text \(U\+1F642\)/);
  for (const wrong of ['', '#fff', '12345g', '0c18211'])
    assert.throws(() => parseSectorColor(wrong), /six hexadecimal digits/);
});

test('a setting survives the page’s address, and a broken address is told', () => {
  fc.assert(
    fc.property(text, color, (text, color) => {
      assert.deepEqual(sectorFromFragment(sectorToFragment({ text, color })), { text, color });
    }),
  );
  assert.equal(sectorFromFragment('pixel=1,2'), undefined);
  assert.throws(() => sectorFromFragment('sector=0c1821&text=%E0%A4'), /broken off/);
  assert.throws(() => sectorFromFragment('sector=zz&text=a'), /six hexadecimal digits/);
  assert.equal(hexColor(parseSectorColor('#0C1821')), '0c1821');
});

test('the dump leaves rows of zeros out and says what each byte is', () => {
  const rows = sectorRows(sector, sectorBytes(sector));
  assert.equal(rows[0]?.address, loadAddress);
  assert.deepEqual(rows.at(-1)?.cells.slice(-2), [
    { byte: 0x55, part: 'signature' },
    { byte: 0xaa, part: 'signature' },
  ]);
  assert.ok(rows.length < 12, `${rows.length} rows`);
  const parts = rows.flatMap(({ cells }) => cells.map(({ part }) => part));
  assert.equal(parts.filter((part) => part === 'color').length, 3);
  assert.equal(parts.filter((part) => part === 'ink').length, 1);
});

test('the rows that the text fills are counted in letters of eight pixels, forty to a row', () => {
  const rows = (length: number) => sectorCheckpoint(sector, { text: 'x'.repeat(length), color: sourceSetting.color });
  assert.deepEqual(
    [0, 1, 40, 41, 417].map((length) => (rows(length) as { rows: number }).rows),
    [0, 8, 8, 16, 88],
  );
});

test('the page’s words about the sources are true', () => {
  assert.equal(loaderRefusal(), 'this CPU has no 64-bit long mode (CPUID 0x80000001, EDX bit 29)');
  const [boot, loader] = [...bootSources().values()];
  assert.deepEqual(Object.keys(Object.fromEntries(boot?.regions ?? [])).sort(), [
    'color',
    'data',
    'mode',
    'paint',
    'print',
    'signature',
    'start',
    'stop',
  ]);
  assert.ok(loader?.regions.has('enter-long-mode'));
  assert.equal(sector.places.color.offset, 88);
});
