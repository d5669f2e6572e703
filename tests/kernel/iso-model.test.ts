/**
 * The reader of CD images against xorriso and isoinfo: the chapters' ISOs, discs written with many options, and every ISO
 * that a Debian package brings. Prints the table of what was compared.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { isosFolder } from '../../kernel/pipeline/isos.ts';
import type { Parts } from '../../src/lib/fields.ts';
import { sector } from '../../src/lib/iso9660/bytes.ts';
import { everyNode, pathOf, type IsoTree } from '../../src/lib/iso9660/directories.ts';
import { readIso, type IsoImage } from '../../src/lib/iso9660/read.ts';
import { modeInLetters } from '../../src/lib/iso9660/rock-ridge.ts';
import { run } from '../../tools/process.ts';
import { discRecipes, writeDisc, writeDiscFolder } from './fixtures/discs.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-discs-`);
after(() => {
  rmSync(scratch, { recursive: true });
});

/** What the packages memtest86+, ipxe and grub-rescue-pc bring; no other package of Debian 12 has an ISO of its own. */
const packagedDiscs = [
  '/usr/lib/memtest86+/memtest86+x64.iso',
  '/usr/lib/memtest86+/memtest86+ia32.iso',
  '/usr/lib/ipxe/ipxe.iso',
  '/usr/lib/grub-rescue/grub-rescue-cdrom.iso',
];

/** How many things agree with what other programs say of a disc. */
interface Agreement {
  'files’ places': number;
  'Rock Ridge': number;
  Joliet: number;
  'ISO 9660': number;
  'El Torito': number;
  partitions: number;
}

const table: { disc: string; agreement: Agreement }[] = [];
after(() => {
  const names = ['files’ places', 'Rock Ridge', 'Joliet', 'ISO 9660', 'El Torito', 'partitions'] as const;
  const line = (cells: readonly (string | number)[]) => cells.map((cell) => String(cell).padStart(14)).join('');
  const rows = table.map(({ disc, agreement }) => `${disc.padEnd(44)}${line(names.map((name) => agreement[name]))}`);
  console.log([`${'What agrees, of each disc'.padEnd(44)}${line(names)}`, ...rows].join('\n'));
});

const environment = { LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** Everything that xorriso says of a disc, with the names of Rock Ridge or without them (`norock`: those of Joliet). */
async function xorrisoOn(disc: string, names: 'any' | 'norock' = 'any'): Promise<string> {
  const { stdout } = await run(
    'xorriso',
    [
      ...['-read_fs', names, '-indev', disc, '-report_el_torito', 'plain', '-report_system_area', 'plain'],
      ...['-find', '/', '-exec', 'lsdl', '--', '-find', '/', '-type', 'f', '-exec', 'report_lba', '--'],
    ],
    { env: environment },
  );
  return stdout;
}

/** The groups of a pattern, once for each line that it fits. */
const lines = (text: string, pattern: RegExp): string[][] =>
  [...text.matchAll(pattern)].map((match) => match.slice(1).map((group: string | undefined) => group ?? ''));

const nodesOf = ({ root }: IsoTree) => [...everyNode(root)];

/** Compares two lists, whatever their order, and says how long they are. */
function same(mine: readonly string[], theirs: readonly string[], what: string): number {
  const [own, others] = [new Set(mine), new Set(theirs)];
  const differing = {
    'only here': mine.filter((each) => !others.has(each)),
    'only there': theirs.filter((each) => !own.has(each)),
  };
  assert.deepEqual(differing, { 'only here': [], 'only there': [] }, what);
  assert.equal(mine.length, theirs.length, what);
  return mine.length;
}

/** Each extent of each file: its path, its number, its first sector and how many it has. */
function samePlaces({ tree, catalogue }: IsoImage, said: string, what: string): number {
  const theirs = lines(said, /^File data lba:\s+(\d+) ,\s+(\d+) ,\s+(\d+) ,\s+(\d+) , '(.*)'$/gm).filter(
    ([, , blocks]) => blocks !== '0',
  );
  const mine = (tree === undefined ? [] : nodesOf(tree))
    .filter(({ children, size }) => children === undefined && size > 0)
    // xorriso does not count the catalogue as a file.
    .filter(({ extents }) => extents[0]?.offset !== catalogue?.offset)
    .flatMap((node) =>
      node.extents.map(({ offset, length }, index) =>
        [index, offset / sector, Math.ceil(length / sector), node.size, pathOf(node)].join(),
      ),
    );
  return same(
    mine,
    theirs.map((each) => each.join()),
    `${what}: where files lie`,
  );
}

const listed = /^(\S{10}) +\d+ (\S+) +(\S+) +(\d+) .{12} '(.*?)'(?: -> '(.*)')?$/gm;

/** Each path with type, permissions, owner, length and the goal of a link. */
function sameRockRidge({ tree }: IsoImage, said: string, what: string): number {
  if (tree?.rockRidge !== true) return 0;
  // The catalogue is an ordinary file to everybody but xorriso, which writes `e` in front.
  const theirs = lines(said.replaceAll(/^e/gm, '-'), listed).filter(([, , , , path]) => path !== '/');
  const mine = nodesOf(tree).map((node) => {
    const { mode = 0, user, group, link = '' } = node.rockRidge ?? {};
    return [modeInLetters(mode), user, group, node.children === undefined ? node.size : 0, pathOf(node), link].join();
  });
  return same(
    mine,
    theirs.map((each) => each.join()),
    `${what}: Rock Ridge`,
  );
}

async function sameJoliet({ trees, catalogue }: IsoImage, disc: string, what: string): Promise<number> {
  const tree = trees.find(({ volume }) => volume.kind === 'joliet');
  if (tree === undefined) return 0;
  // xorriso takes the catalogue for longer or shorter than its directory record says: `e` is in front of its line.
  const theirs = lines((await xorrisoOn(disc, 'norock')).replaceAll(/^e.*$/gm, ''), listed).map(
    ([, , , size, path]) => `${path} ${size}`,
  );
  const files = nodesOf(tree).filter(({ extents }) => extents[0]?.offset !== catalogue?.offset || extents.length === 0);
  const mine = files.map((node) => `${pathOf(node)} ${node.children === undefined ? node.size : 0}`);
  return same(
    mine,
    theirs.filter((each) => each !== '/ 0'),
    `${what}: Joliet`,
  );
}

/** The names in the records of the primary tree's directories, with versions, wherever a moved one belongs. */
async function sameIso({ root, trees }: IsoImage, disc: string, what: string): Promise<number> {
  const { stdout } = await run('isoinfo', ['-f', '-i', disc], { env: environment });
  const theirs = stdout.split('\n').filter((line) => line.startsWith('/'));
  const names: string[] = [];
  for (const directory of root.parts === undefined ? [] : partsOf(root.parts)) {
    if (!directory.name.startsWith('directory ') || directory.parts === undefined) continue;
    for (const { name, parts } of partsOf(directory.parts)) {
      if (parts === undefined || name === 'record of this directory' || name === 'record of the directory above')
        continue;
      const identifier = partsOf(parts).find((field) => field.name === 'file identifier');
      names.push((identifier?.value ?? '').replace(/^“(.*)”$/s, '$1'));
    }
  }
  // A second tree with names of its own, as ISO level 4 makes it, is not what isoinfo lists.
  if (trees.some(({ volume }) => volume.kind === 'enhanced')) return 0;
  return same(
    names,
    theirs.map((path) => path.slice(path.lastIndexOf('/') + 1)),
    `${what}: ISO 9660`,
  );
}

const partsOf = ({ count, at }: Parts) => Array.from({ length: count }, (_, index) => at(index));

const emulations = ['none', 'fd1.2', 'fd1.4', 'fd2.8', 'hd'];
const platformNames: Readonly<Record<number, string>> = { 0: 'BIOS', 1: 'PPC', 2: 'Mac', 0xef: 'UEFI' };

function sameCatalogue({ catalogue }: IsoImage, said: string, what: string): number {
  const theirs = lines(
    said,
    /^El Torito boot img :\s+(\d+)\s+(\S+)\s+([yn])\s+(\S+)\s+(0x\S+)\s+0x\S+\s+(\d+)\s+(\d+)$/gm,
  );
  const hex = (value: number) => `0x${value.toString(16).padStart(4, '0')}`;
  const entries = catalogue?.entries ?? [];
  const mine = entries.map(({ platform, bootable, media, segment, count, sector: number }, index) =>
    [index + 1, platformNames[platform], bootable ? 'y' : 'n', emulations[media], hex(segment), count, number].join(),
  );
  const [[number] = []] = lines(said, /^El Torito catalog {2}: (\d+) /gm);
  assert.equal(catalogue?.sector, number === undefined ? undefined : Number(number), `${what}: the catalogue’s sector`);
  const paths = lines(said, /^El Torito img path :\s+(\d+)\s+(\/.*)$/gm).map((each) => each.join(' '));
  const files = entries.flatMap(({ file }, index) => (file === undefined ? [] : [`${index + 1} ${pathOf(file)}`]));
  const options = lines(said, /^El Torito img opts :\s+(\d+)\s+(.*)$/gm);
  const tables = options
    .filter(([, words]) => words?.split(' ').includes('boot-info-table'))
    .map(([index]) => `${index}`);
  const infos = entries.flatMap(({ info }, index) => (info === undefined ? [] : [String(index + 1)]));
  for (const { info } of entries) assert.equal(info?.checksum, info?.sum, `${what}: the sum of a boot file`);
  return (
    same(
      mine,
      theirs.map((each) => each.join()),
      `${what}: boot entries`,
    ) +
    same(files, paths, `${what}: boot files`) +
    same(infos, tables, `${what}: boot info tables`)
  );
}

function samePartitions({ partitions: { mbr, gpt } }: IsoImage, said: string, what: string): number {
  const theirs = lines(said, /^MBR partition {6}:\s+(\d+)\s+0x(\S+)\s+0x(\S+)\s+(\d+)\s+(\d+)$/gm);
  const mine = (mbr?.partitions ?? []).map(({ number, active, type, start, blocks }) =>
    [number, active ? '80' : '00', type.toString(16).padStart(2, '0'), start, blocks].join(),
  );
  const gptLines = (name: string) => lines(said, new RegExp(`^GPT ${name}\\s*:\\s+(\\d+)\\s+(.*)$`, 'gm'));
  const [places, names] = [gptLines('start and size'), gptLines('partname local')].map((each) =>
    each.map(([number, words = '']) => `${number}: ${words.trim().replaceAll(/\s+/g, ' ')}`),
  );
  const own = gpt?.partitions ?? [];
  return (
    same(
      mine,
      theirs.map((each) => each.join()),
      `${what}: MBR`,
    ) +
    same(
      own.map(({ number, first, last }) => `${number}: ${first} ${last - first + 1n}`),
      places ?? [],
      `${what}: GPT`,
    ) +
    same(
      own.map(({ number, name }) => `${number}: ${name}`),
      names ?? [],
      `${what}: names in the GPT`,
    )
  );
}

/** Compares what the reader finds on a disc with what xorriso and isoinfo find. */
async function compare(name: string, disc: string): Promise<IsoImage> {
  const image = readIso(readFileSync(disc));
  const said = await xorrisoOn(disc);
  table.push({
    disc: name,
    agreement: {
      'files’ places': samePlaces(image, said, name),
      'Rock Ridge': sameRockRidge(image, said, name),
      Joliet: await sameJoliet(image, disc, name),
      'ISO 9660': await sameIso(image, disc, name),
      'El Torito': sameCatalogue(image, said, name),
      partitions: samePartitions(image, said, name),
    },
  });
  return image;
}

test('the chapters’ ISOs', async () => {
  for (const file of readdirSync(isosFolder).filter((each) => each.endsWith('.iso'))) {
    const image = await compare(file, `${isosFolder}/${file}`);
    assert.deepEqual(image.problems, []);
  }
});

for (const disc of packagedDiscs) {
  test(`${disc}, from a Debian package`, async () => {
    await compare(disc.slice(disc.lastIndexOf('/') + 1), disc);
  });
}

writeDiscFolder(scratch);
for (const recipe of discRecipes) {
  const name = `${recipe.program}, ${recipe.name}`;
  test(`a disc by ${name}`, async () => {
    const bytes = await writeDisc(scratch, recipe);
    const file = `${scratch}/read.iso`;
    writeFileSync(file, bytes);
    await compare(name, file);
  });
}
