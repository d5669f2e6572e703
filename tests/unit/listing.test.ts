import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutListing, type ListedChapter } from '../../src/lib/listing.ts';

const chapters: ListedChapter[] = [
  {
    id: '05-main-rs',
    files: [
      {
        path: 'src/main.rs',
        text: 'one\ntwo\nthree\nfour\n',
        regions: { middle: { firstLine: 2, lastLine: 3 }, end: { firstLine: 4, lastLine: 4 } },
      },
      { path: '.cargo/config.toml', text: 'a = 1', regions: {} },
    ],
  },
];

const cut = (file: string, region?: string, chapter = '05-main-rs') => cutListing(chapters, { chapter, file, region });

test('a whole file is listed from its first line, without the line break at its end', () => {
  assert.deepEqual(cut('src/main.rs'), {
    code: 'one\ntwo\nthree\nfour',
    firstLine: 1,
    id: 'listing-src-main-rs',
    range: 'the whole file',
  });
  assert.equal(cut('.cargo/config.toml').id, 'listing-cargo-config-toml');
});

test('a region is listed under the line numbers that it has in its file', () => {
  assert.deepEqual(cut('src/main.rs', 'middle'), {
    code: 'two\nthree',
    firstLine: 2,
    id: 'listing-src-main-rs-middle',
    range: 'lines 2–3',
  });
  assert.equal(cut('src/main.rs', 'end').range, 'line 4');
});

test('what is missing is named with what there is instead', () => {
  assert.throws(
    () => cut('src/main.rs', 'midle'),
    /region="midle".*src\/main\.rs has no region "midle"; it has middle, end/,
  );
  assert.throws(() => cut('.cargo/config.toml', 'x'), /no region "x"; it has none/);
  assert.throws(() => cut('main.rs'), /no file "main\.rs"; it has src\/main\.rs, \.cargo\/config\.toml/);
  assert.throws(() => cut('src/main.rs', undefined, '5'), /no chapter "5"; there are 05-main-rs/);
});
