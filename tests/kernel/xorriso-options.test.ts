/** What the decoder of the chapter's xorriso command shows: that it follows from real runs, by other means than its own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { smallAndTimeless, sourceDate } from '../../kernel/pipeline/iso.ts';
import { isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { makefileOptions, measureOptions } from '../../kernel/pipeline/xorriso-options.ts';
import { sector } from '../../src/lib/iso9660/bytes.ts';
import { commandWords, optionText, wordsWithout, type XorrisoRecord } from '../../src/lib/xorriso.ts';
import { UserError } from '../../tools/errors.ts';
import { run } from '../../tools/process.ts';
import { makefileTree } from './fixtures/makefile.ts';

const makefile = composeChapter('07-makefile').get('Makefile')?.text ?? '';
const { tree, make } = await makefileTree();
await make();
const options = makefileOptions(makefile);
const record = await measureOptions(tree, makefile);
const of = (name: string) => {
  const found = record.options.find((each) => each.name === name);
  assert.ok(found, name);
  return found;
};

/** An image of the staging folder, written by these words of the Makefile. */
async function image(words: readonly string[]): Promise<Uint8Array> {
  const args = words.map((word) => (word === 'onko-os.iso' ? 'checked.iso' : word));
  await run('rm', ['-f', 'checked.iso'], { cwd: tree });
  await run('xorriso', [...args.slice(0, 2), ...smallAndTimeless, ...args.slice(2)], {
    cwd: tree,
    env: { SOURCE_DATE_EPOCH: sourceDate, TZ: 'UTC', LC_ALL: 'C' },
  });
  return readFileSync(`${tree}/checked.iso`);
}

test('the command is the one that make runs', async () => {
  const { stdout } = await make('-n', '-B');
  const [, line = ''] = /^xorriso ((?:.*\\\n)*.*)$/m.exec(stdout) ?? [];
  const run = line.split(/[\s\\]+/).filter((word) => word !== '');
  assert.deepEqual(
    options.flatMap(({ words }) => words),
    run,
  );
  assert.deepEqual(commandWords(makefile, 'xorriso')?.slice(1), run);
});

test('each option is known, and one that is not is refused by name', () => {
  for (const option of options) assert.ok(optionText(option), option.name);
  assert.throws(
    () => makefileOptions(makefile.replace(' -J ', ' -J -zisofs-unheard-of ')),
    (error) => error instanceof UserError && /-zisofs-unheard-of/.test(error.message),
  );
});

test('outside the marked bytes, every sector stands in the image without the option, too', async () => {
  const whole = await image(wordsWithout(options, []));
  assert.equal(whole.length, record.size);
  for (const { name, together, image: measured } of record.options) {
    if (measured === undefined || measured.onOutput) continue;
    const other = await image(wordsWithout(options, [name, ...together]));
    assert.equal(other.length, measured.size, name);
    const marked = new Uint8Array(whole.length);
    for (const { offset, length } of [...measured.made, ...measured.changed]) marked.fill(1, offset, offset + length);
    const others = Array.from({ length: other.length / sector }, (_, index) => index * sector);
    for (let at = 0; at < whole.length; at += sector) {
      const same = (from: number) => {
        for (let byte = 0; byte < sector; byte++) {
          if (marked[at + byte] === 0 && whole[at + byte] !== other[from + byte]) return false;
        }
        return true;
      };
      assert.ok(
        others.some(same),
        `${name}: sector ${at / sector} has bytes that are not marked, and stand nowhere without it`,
      );
    }
  }
});

test('what one option makes is marked: Joliet, the boot info table, the partition tables', () => {
  const has = (name: string, offset: number, length: number) => {
    const { made = [], changed = [] } = of(name).image ?? {};
    return [...made, ...changed].some((each) => each.offset <= offset && each.offset + each.length >= offset + length);
  };
  assert.ok(has('-J', 18 * sector, sector), 'the Joliet descriptor');
  assert.ok(!has('-J', 16 * sector, sector) && !has('-r', 18 * sector, sector));
  assert.ok(has('-efi-boot-part', 512, 92), 'the GPT');
  assert.ok(has('-efi-boot-part', record.size - 512, 92), 'its copy');
  const table = of('-boot-info-table').image;
  assert.deepEqual(table?.made, []);
  const [first, last] = [table?.changed[0], table?.changed.at(-1)];
  assert.ok(first && last && (first.offset - 8) % sector === 0 && last.offset + last.length - first.offset <= 56);
  assert.deepEqual(
    of('-boot-load-size').image?.changed.map(({ length }) => length),
    [2],
  );
});

test('xorriso’s refusals are its own words, and a way into the disc is lost where the option opens it', () => {
  assert.match(of('-no-emul-boot').refusal ?? '', /Invalid image size/);
  assert.match(of('--efi-boot').refusal ?? '', /EFI boot image/);
  assert.deepEqual(of('--efi-boot').together, ['-efi-boot-part']);
  assert.match(of('-as').refusal ?? '', /Not a known command/);
  assert.match(of('iso_root').refusal ?? '', /Cannot find/);
  assert.match(of('-b').image?.ways.join() ?? '', /CD, BIOS: .*first entry is for UEFI/);
  const output = of('-o').image;
  assert.ok(output?.onOutput && output.made.length === 0 && output.changed.length === 0);
});

test('the record beside the ISOs is of the committed ISO, and says the same of it', () => {
  const kept = JSON.parse(readFileSync(`${isosFolder}/xorriso.json`, 'utf8')) as XorrisoRecord;
  const entry = readManifest(isosFolder)?.isos.find(({ chapter }) => chapter === '07-makefile');
  assert.equal(kept.iso, entry?.sha256);
  assert.equal(kept.size, entry?.size);
  assert.deepEqual(
    kept.options.map(({ name, together, refusal, image: found }) => [
      name,
      together,
      found === undefined,
      refusal === undefined,
    ]),
    record.options.map(({ name, together, refusal, image: found }) => [
      name,
      together,
      found === undefined,
      refusal === undefined,
    ]),
  );
  for (const { name, image: found } of kept.options) {
    for (const { offset, length } of [...(found?.made ?? []), ...(found?.changed ?? [])]) {
      assert.ok(offset >= 0 && length > 0 && offset + length <= kept.size, name);
    }
  }
});
