import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldsAlong, ownersOf, pathTo, type Field, type Parts } from '../../src/lib/fields.ts';
import { bootWays, type BootWay } from '../../src/lib/iso9660/boot.ts';
import { problemInWords, sector } from '../../src/lib/iso9660/bytes.ts';
import { differences } from '../../src/lib/iso9660/compare.ts';
import { everyNode, pathOf } from '../../src/lib/iso9660/directories.ts';
import { crc32 } from '../../src/lib/crc32.ts';
import { readIso, type IsoImage } from '../../src/lib/iso9660/read.ts';
import { modeInLetters } from '../../src/lib/iso9660/rock-ridge.ts';
import { fatWithProgram } from '../kernel/fixtures/discs.ts';

/** An image that has been read, and whether firmware would start it. */
type Disc = IsoImage & { ways: BootWay[] };

function read(bytes: Uint8Array): Disc {
  const image = readIso(bytes);
  return { ...image, ways: bootWays(bytes, image) };
}

const makefileDisc = new Uint8Array(readFileSync(new URL('../../public/isos/07-makefile.iso', import.meta.url)));
const disc = read(makefileDisc);

/** A copy of the chapter's disc with some bytes changed. */
function damaged(...patches: [offset: number, bytes: number[] | string][]): Uint8Array {
  const copy = makefileDisc.slice();
  for (const [offset, bytes] of patches) {
    copy.set(typeof bytes === 'string' ? [...bytes].map((letter) => letter.charCodeAt(0)) : bytes, offset);
  }
  return copy;
}

const said = (image: Disc) => image.problems.map(problemInWords).join('\n');
const paths = ({ tree }: Disc) => (tree === undefined ? [] : [...everyNode(tree.root)].map(pathOf));
const partsOf = ({ count, at }: Parts) => Array.from({ length: count }, (_, index) => at(index));
const rootParts = ({ root }: Disc) => (root.parts === undefined ? [] : partsOf(root.parts));

/** The field with these names, from the root down. */
function find(image: Disc, ...names: string[]): Field {
  let field = image.root;
  for (const name of names) {
    const found = field.parts === undefined ? undefined : partsOf(field.parts).find((part) => part.name === name);
    assert.ok(found, `no field ${name} in ${field.name}`);
    field = found;
  }
  return field;
}

function way(image: Disc, medium: 'CD' | 'USB stick', firmware: 'BIOS' | 'UEFI'): string {
  const found = image.ways.find((each) => each.medium === medium && each.firmware === firmware);
  return `${found?.boots === true ? 'yes' : 'no'}: ${found?.says.join(' ')}`;
}

const primary = 16 * sector;
const catalogue = (disc.catalogue?.sector ?? 0) * sector;

test('the chapter’s disc is read without a complaint, and nothing of it lacks a name', () => {
  assert.deepEqual(disc.problems, []);
  assert.deepEqual(
    disc.descriptors.map(({ kind, sector: number }) => `${number} ${kind}`),
    ['16 primary', '17 boot', '18 joliet', '19 terminator'],
  );
  for (const path of ['/boot', '/kernel.elf', '/limine.conf', '/boot/limine-bios-cd.bin'])
    assert.ok(paths(disc).includes(path));
  assert.ok(disc.unclaimed.every(({ zero }) => zero));
  let end = 0;
  for (const { offset, length } of rootParts(disc)) {
    assert.ok(offset <= end, `nothing has the bytes from ${end} to ${offset}`);
    end = Math.max(end, offset + length);
  }
  assert.equal(end, makefileDisc.length);
});

test('fields say what stands there and what it means', () => {
  const value = (...names: string[]) => find(disc, ...names).value;
  assert.equal(value('primary volume descriptor', 'standard identifier'), '“CD001”');
  assert.equal(value('primary volume descriptor', 'logical block size'), '2048');
  assert.equal(value('boot record', 'boot system identifier'), '“EL TORITO SPECIFICATION”');
  assert.equal(find(disc, 'primary volume descriptor', 'volume creation date').value, '2000-01-01 00:00:00.00 UTC');
  assert.equal(value('directory /', 'record of kernel.elf', 'file identifier'), '“KERNEL.ELF;1”');
  assert.equal(value('directory /', 'record of kernel.elf', 'NM', 'name'), '“kernel.elf”');
  assert.equal(value('directory /', 'record of kernel.elf', 'PX', 'mode'), '0100555, -r-xr-xr-x');
  assert.equal(value('boot catalogue', 'validation entry', 'key bytes'), '55 aa');
  assert.equal(find(disc, 'boot catalogue', 'initial entry', 'boot indicator').meaning, 'bootable');
  const table = find(disc, 'file /boot/limine-bios-cd.bin', 'boot info table');
  assert.deepEqual(
    [table.length, find(disc, 'file /boot/limine-bios-cd.bin', 'boot info table', 'boot file').value],
    [56, String(disc.catalogue?.entries[0]?.sector)],
  );
  assert.match(find(disc, 'GPT entries', 'partition 2', 'partition type GUID').meaning ?? '', /EFI system partition/);
});

test('a byte leads to its field, and to what that lies in', () => {
  const names = fieldsAlong(disc.root, pathTo(disc.root, catalogue + 32)).map(({ name }) => name);
  assert.deepEqual(names, ['image', 'boot catalogue', 'initial entry', 'boot indicator']);
});

test('the disc boots in all four ways; without boot code, not from a stick by BIOS', () => {
  assert.match(way(disc, 'CD', 'BIOS'), /^yes: It loads 2,048 bytes of \/boot\/limine-bios-cd\.bin to 0x7c00/);
  for (const { boots, says } of disc.ways) assert.ok(boots, says.join());
  const empty = Array.from({ length: 440 }, () => 0);
  assert.match(way(read(damaged([0, empty])), 'USB stick', 'BIOS'), /^no: .*no code in it/);
});

test('every kind of damage is named by offset and field, beside what can still be read', () => {
  const cases: [what: string, image: Uint8Array, complaint: RegExp, stillThere: (image: Disc) => void][] = [
    [
      'the last sector is missing',
      makefileDisc.subarray(0, makefileDisc.length - 2048),
      /volume space size at byte 0x8050: announces .* bytes, but the image has/,
      (image) => assert.deepEqual(paths(image), paths(disc)),
    ],
    [
      'the end of the files is missing',
      makefileDisc.subarray(0, catalogue + 4 * sector),
      /location of the extent at byte 0x\w+: the file ends at byte [\d,]+, behind the image/,
      (image) => assert.deepEqual(paths(image), paths(disc)),
    ],
    [
      'all behind the descriptors is missing',
      makefileDisc.subarray(0, 20 * sector),
      /location of the extent at byte 0x809e: \/ reaches behind the image/,
      (image) => assert.equal(image.descriptors.length, 4),
    ],
    [
      'no mark of ISO 9660',
      damaged([primary + 1, 'CD999']),
      /standard identifier at byte 0x8001: sector 16 must say “CD001” here; it is “CD999”/,
      (image) => assert.equal(image.partitions.gpt?.partitions.length, disc.partitions.gpt?.partitions.length),
    ],
    [
      'two sizes in one',
      damaged([primary + 84, [9, 9, 9, 9]]),
      /volume space size at byte 0x8050: says \d+ with the little end first, and 151587081 with the big one/,
      (image) => assert.deepEqual(paths(image), paths(disc)),
    ],
    [
      'blocks of a size that cannot be',
      damaged([primary + 128, [3, 0]]),
      /logical block size at byte 0x8080: is 3, not 2,048/,
      (image) => assert.deepEqual(paths(image), paths(disc)),
    ],
    [
      'no root directory',
      damaged([primary + 156, [0]]),
      /root directory record at byte 0x809c: is none/,
      (image) => assert.ok(image.trees.find(({ volume }) => volume.kind === 'joliet')?.files),
    ],
    [
      'a directory that holds itself',
      damaged([disc.trees[0]?.root.children?.[0]?.record ?? 0, [...loopRecord()]]),
      /location of the extent at byte 0x\w+: is that of \/, read already/,
      (image) => assert.ok(paths(image).includes('/kernel.elf')),
    ],
    [
      'a record too short for its name',
      damaged([disc.trees[0]?.root.children?.[1]?.record ?? 0, [34]]),
      /directory record at byte 0x\w+: cannot be one; the rest of its sector of \/ is not read/,
      (image) => assert.ok(paths(image).includes('/boot')),
    ],
    [
      'a catalogue behind the image',
      damaged([17 * sector + 71, [0, 0, 0, 1]]),
      /boot catalogue at byte 0x8847: is said to lie in sector 16777216/,
      (image) =>
        assert.match(way(image, 'CD', 'BIOS'), /no: The boot catalogue, sector 16777216, lies behind the image/),
    ],
    [
      'a letter in the catalogue’s name',
      damaged([catalogue + 4, 'X']),
      /checksum at byte 0x\w+: the words of the validation entry must add up to 0, and make 0x58/,
      (image) => assert.match(way(image, 'CD', 'BIOS'), /no: The checksum of the boot catalogue is wrong/),
    ],
    [
      'no key in the catalogue',
      damaged([catalogue + 30, [0, 0]]),
      /key bytes at byte 0x\w+: must be 55 aa, and are 2 zeros/,
      (image) => assert.match(way(image, 'CD', 'BIOS'), /no: .*key bytes are 2 zeros, not 55 aa/),
    ],
    [
      'an entry that is neither bootable nor not',
      damaged([catalogue + 32, [0x77]]),
      /boot indicator at byte 0x\w+: is 0x77, neither 0x88 \(bootable\) nor 0/,
      (image) => assert.match(way(image, 'CD', 'BIOS'), /no: The entry’s boot indicator is 0x77, not 0x88/),
    ],
    [
      'one bit of the GPT',
      damaged([512 + 40, [0x41]]),
      /GPT header CRC32 at byte 0x210: is 0x\w+, but the bytes make 0x/,
      (image) => assert.equal(image.partitions.backup?.sound, true),
    ],
    [
      'one bit of the GPT’s entries',
      damaged([1024, [0xff]]),
      /GPT entries CRC32 at byte 0x258/,
      (image) => assert.equal(image.partitions.gpt?.partitions.length, disc.partitions.gpt?.partitions.length),
    ],
    [
      'a GPT whose copy is gone',
      damaged([makefileDisc.length - 512, [0]]),
      /alternate LBA at byte 0x220: sends to byte 0x\w+, where there is no copy/,
      (image) => assert.equal(image.partitions.gpt?.sound, true),
    ],
    [
      'a path table that leads astray',
      damaged([(disc.trees[0]?.volume.pathTable.little ?? 0) * sector + 2, [1]]),
      /type L path table at byte 0x\w+: sends to block 1, where the tree has no directory/,
      (image) => assert.deepEqual(paths(image), paths(disc)),
    ],
  ];
  for (const [what, bytes, complaint, stillThere] of cases) {
    const image = read(bytes);
    assert.match(said(image), complaint, what);
    stillThere(image);
  }
});

/** The first part of a record: a directory whose data is that of the root directory. */
function loopRecord(): Uint8Array {
  const root = disc.trees[0]?.root;
  const record = root?.children?.[0]?.record ?? 0;
  const bytes = makefileDisc.slice(record, record + 34);
  bytes.set(makefileDisc.subarray(primary + 156 + 2, primary + 156 + 10), 2);
  bytes[25] = 2;
  return bytes;
}

test('what is no image at all is told so', () => {
  for (const bytes of [
    new Uint8Array(0),
    new Uint8Array(1),
    new Uint8Array(40_000),
    new TextEncoder().encode('hello'),
  ]) {
    const image = read(bytes);
    assert.equal(image.descriptors.length, 0);
    assert.ok(image.problems.length > 0);
    assert.match(way(image, 'CD', 'BIOS'), /no: The image has no volume descriptor of ISO 9660 in sector 16/);
  }
});

test('a directory of any length costs no more than the image has', () => {
  const huge = damaged([primary + 156 + 10, [0xff, 0xff, 0xff, 0xff]]);
  const image = read(huge);
  assert.match(said(image), /\/ reaches behind the image/);
  assert.ok(paths(image).length <= huge.length / 34);
});

test('a file of several extents is one file', () => {
  const [first, second] = disc.trees[0]?.root.children?.filter(({ children }) => children === undefined) ?? [];
  assert.ok(first && second);
  const image = read(damaged([first.record + 25, [0x80]]));
  const [node] = image.trees[0]?.root.children?.filter(({ children }) => children === undefined) ?? [];
  assert.equal(node?.size, first.size + second.size);
  assert.deepEqual(node?.extents, [...first.extents, ...second.extents]);
  assert.ok(!paths(image).includes(pathOf(second)));
});

/** The disc with a FAT file system behind it that the entry for UEFI points at. */
function withEfiImage(fat: Uint8Array): Disc {
  const at = Math.ceil(makefileDisc.length / sector) * sector;
  const bytes = new Uint8Array(at + fat.length);
  bytes.set(makefileDisc);
  bytes.set(fat, at);
  const entry = disc.catalogue?.entries.find(({ platform }) => platform === 0xef);
  new DataView(bytes.buffer).setUint32((entry?.offset ?? 0) + 8, at / sector, true);
  new DataView(bytes.buffer).setUint16((entry?.offset ?? 0) + 6, fat.length / 512, true);
  return read(bytes);
}

test('UEFI wants a FAT file system with EFI/BOOT/BOOTX64.EFI in it', () => {
  assert.match(
    way(withEfiImage(fatWithProgram()), 'CD', 'UEFI'),
    /^yes: It finds the FAT file system in sector \d+ and starts EFI\/BOOT\/BOOTX64\.EFI \(64-bit PCs\)/,
  );
  assert.match(
    way(withEfiImage(fatWithProgram('GRUBX64 EFI')), 'CD', 'UEFI'),
    /no program EFI\/BOOT\/BOOTX64\.EFI; there is GRUBX64\.EFI/,
  );
  assert.match(
    way(withEfiImage(new Uint8Array(4096)), 'CD', 'UEFI'),
    /is no FAT file system: it does not begin with the boot sector/,
  );
  const broken = fatWithProgram();
  broken.fill(0, 512, 512 * 7);
  assert.match(way(withEfiImage(broken), 'CD', 'UEFI'), /^yes/, 'one cluster each needs no table');
});

test('whatever bytes are changed, fields lie in what they are in, and bytes lead to the field that owns them', () => {
  const patch = fc.tuple(fc.nat({ max: makefileDisc.length - 9 }), fc.uint8Array({ minLength: 1, maxLength: 8 }));
  const structures = fc.tuple(
    fc.integer({ min: primary, max: catalogue + 200 }),
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(patch, structures), { minLength: 1, maxLength: 6 }),
      fc.nat({ max: makefileDisc.length - 65 }),
      (patches, at) => {
        const bytes = damaged(...patches.map(([offset, values]): [number, number[]] => [offset, [...values]]));
        const image = read(bytes);
        for (const { offset, length } of rootParts(image)) {
          assert.ok(length >= 0 && offset >= 0 && offset + length <= bytes.length);
        }
        const owners = ownersOf(image.root, at, 64);
        for (const [index, owner] of owners.entries()) {
          assert.ok(owner !== undefined && owner.offset <= at + index && at + index < owner.offset + owner.length);
        }
        assert.deepEqual(paths(read(bytes)), paths(image));
      },
    ),
    { numRuns: 60 },
  );
});

test('an image differs from itself in nothing, and from a changed one where it was changed', () => {
  assert.deepEqual(differences(makefileDisc, makefileDisc), { made: [], changed: [] });
  const { extents } = disc.tree?.root.children?.find(({ name }) => name === 'limine.conf') ?? {};
  const at = extents?.[0]?.offset ?? 0;
  assert.deepEqual(differences(makefileDisc, damaged([at + 3, [1, 2]])), {
    made: [],
    changed: [{ offset: at + 3, length: 2 }],
  });
});

test('sums and permissions are those that everybody computes', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  assert.equal(modeInLetters(0o100644), '-rw-r--r--');
  assert.equal(modeInLetters(0o041777), 'drwxrwxrwt');
  assert.equal(modeInLetters(0o104755), '-rwsr-xr-x');
  assert.equal(modeInLetters(0o120777), 'lrwxrwxrwx');
});
