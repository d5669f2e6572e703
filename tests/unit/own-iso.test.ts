import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compareFiles } from '../../src/lib/iso9660/compare-files.ts';
import { block, fileBytes, findFile, readContent } from '../../src/lib/iso9660/content.ts';
import { rewriteIso } from '../../src/lib/iso9660/write.ts';
import { checkIso, type IsoCheck } from '../../src/lib/own-iso.ts';
import { root } from '../../tools/paths.ts';
import { paintingDisc, withFiles } from '../machine/fixtures/boot-disc.ts';

const iso = (name: string) => new Uint8Array(readFileSync(`${root}/public/isos/${name}.iso`));
const chapter = iso('07-makefile');
const text = (value: string) => new TextEncoder().encode(value);
const withFile = (path: string, bytes: Uint8Array) => rewriteIso(chapter, new Map([[path, bytes]]));
const bad = ({ findings }: IsoCheck) => findings.filter(({ kind }) => kind === 'bad').map((each) => each.text);

test('the chapters’ ISOs that boot are found right in every part, with the symbols of their kernels', () => {
  for (const name of ['04-linker-script', '05-main-rs', '06-limine-conf', '07-makefile']) {
    const check = checkIso(iso(name));
    assert.deepEqual(bad(check), [], name);
    assert.deepEqual([check.boots, check.hasConf], [true, true]);
    assert.ok(check.symbols.some((symbol) => symbol.name === 'kmain'));
  }
});

test('what stops the early chapters is named as the loader names it', () => {
  assert.match(bad(checkIso(iso('01-environment'))).join('\n'), /kernel\.elf is not on the disc/);
  assert.match(bad(checkIso(iso('02-cargo-toml'))).join('\n'), /kernel\.elf, byte \d+: .*dynamically linked/);
  assert.match(bad(checkIso(iso('03-config-toml'))).join('\n'), /lower half/);
});

test('a file that ends early, or is no ISO, is refused with the byte', () => {
  for (const length of [0, 100, 16 * block + 10, 17 * block, chapter.length - 2 * block]) {
    const check = checkIso(chapter.subarray(0, length));
    assert.equal(check.boots, false);
    assert.match(bad(check)[0] ?? '', /at byte \d+ of the ISO/, `${length} bytes`);
  }
  assert.match(
    bad(checkIso(text('hello'.repeat(20_000))))[0] ?? '',
    /at byte 32768 of the ISO: it should begin with 1 and/,
  );
});

test('a disc that does not boot by BIOS is told why', () => {
  const noBoot = chapter.slice();
  noBoot.fill(0, 17 * block + 1, 17 * block + 40);
  assert.match(bad(checkIso(noBoot))[0] ?? '', /no boot record of El Torito in sector 17/);

  const efiOnly = chapter.slice();
  const { catalogue = 0, boot } = readContent(chapter);
  efiOnly[catalogue * block + 1] = 0xef;
  assert.match(bad(checkIso(efiOnly))[0] ?? '', /not for a BIOS/);

  const untold = chapter.slice();
  untold.fill(0, (boot[0]?.lba ?? 0) * block + 8, (boot[0]?.lba ?? 0) * block + 64);
  assert.match(bad(checkIso(untold)).join(), /not told where it lies.*-boot-info-table/);
});

test('a wrong limine.conf and a wrong kernel are named by line, column and byte', () => {
  assert.match(
    bad(checkIso(withFile('limine.conf', text('timeout: 3\n/Onko\n    protokol: limine\n')))).join(),
    /limine\.conf, line 3, column \d+: /,
  );
  assert.match(
    bad(checkIso(withFile('limine.conf', text('/Onko\n    protocol: limine\n    path: boot():/Kernel.elf\n')))).join(),
    /\/Kernel\.elf is not on the disc\. There is \/kernel\.elf: upper and lower case/,
  );
  const kernel = fileBytes(chapter, findFile(readContent(chapter), 'kernel.elf')).slice();
  kernel[0] = 0;
  assert.match(bad(checkIso(withFile('kernel.elf', kernel))).join(), /kernel\.elf, byte 0: /);
});

test('another loader’s disc boots, and nothing is promised of it', () => {
  const check = checkIso(withFiles(paintingDisc(0x00ff0000)));
  assert.deepEqual([check.boots, check.hasConf, bad(check)], [true, false, []]);
  assert.match(check.findings.at(-1)?.text ?? '', /neither Limine nor ours/);
});

test('two discs are compared file by file', () => {
  const own = rewriteIso(
    chapter,
    new Map([
      ['limine.conf', text('timeout: 5\n')],
      ['notes.txt', text('mine')],
    ]),
  );
  const byPath = new Map(compareFiles(own, chapter).map((each) => [each.path, each.text]));
  assert.match(byPath.get('kernel.elf') ?? '', /^the same, \d+ bytes$/);
  assert.match(byPath.get('limine.conf') ?? '', /^differs from byte \d+ on; 11 bytes, the chapter’s \d+$/);
  assert.equal(byPath.get('notes.txt'), 'only on yours, 4 bytes');
  assert.ok(compareFiles(chapter, chapter).every(({ same }) => same));
  assert.ok(compareFiles(text('no ISO'), chapter).every(({ text: said }) => said.startsWith('only on the chapter’s')));
});

test('whatever bytes are changed, the look is over soon and throws nothing', () => {
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 300; round++) {
    const broken = iso('05-main-rs').slice(0, next(4) === 0 ? next(chapter.length) : undefined);
    for (let n = 0; n < 6; n++) broken[16 * block + next(22 * block)] = next(256);
    checkIso(broken);
    compareFiles(broken, chapter);
  }
});
