/**
 * What our loader gives a kernel, against the Limine boot protocol's text: a kernel on the limine crate makes every
 * request and tells what it finds (tests/kernel/conformance), at each base revision and on several machines.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withQemu, type QemuOptions } from '../../kernel/pipeline/qemu.ts';
import { thorough } from '../thorough.ts';
import { buildConformance } from './fixtures/conformance.ts';
import { makeDisc } from './fixtures/loader-disc.ts';

const kernel = await buildConformance();

const config = [
  'timeout: 0',
  '/Conformance',
  'protocol: limine',
  'path: boot():/boot/kernel.elf',
  'cmdline: one two',
  'module_path: boot():/module.bin',
  'module_cmdline: 12345678',
  '',
].join('\n');

const moduleBytes = new Uint8Array(70_000).map((_, index) => (index * index) % 251);

/** The kernel asking for another base revision: the third word of its tag, behind these two. */
function asking(revision: bigint): Uint8Array {
  const tag = Buffer.alloc(16);
  tag.writeBigUInt64LE(0xf9562b2d5c95a6c8n);
  tag.writeBigUInt64LE(0x6a7b384944536bdcn, 8);
  const place = kernel.indexOf(tag);
  assert.ok(place > 0 && place % 8 === 0);
  const copy = Buffer.from(kernel);
  copy.writeBigUInt64LE(revision, place + 16);
  return copy;
}

/** The last disc that was made, for what stands in its first sectors. */
let disk = Buffer.alloc(0);

/** What the kernel told: the words behind each name, in order. */
type Told = (name: string) => string[][];

async function tell(revision: bigint, machine: Partial<QemuOptions> = {}): Promise<Told> {
  const iso = await makeDisc({
    files: {
      'limine.conf': config,
      'boot/kernel.elf': asking(revision),
      'boot/sub/inner.txt': 'inner\n',
      'module.bin': moduleBytes,
    },
  });
  disk = await readFile(iso);
  return withQemu({ iso, ...machine }, async (qemu) => {
    await qemu.waitUntilHalted();
    const text = qemu.debug();
    assert.ok(text.endsWith('end\n'), text);
    const lines = text.slice(text.indexOf('begin\n')).split('\n');
    return (name) => lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.split(' ').slice(1));
  });
}

const hex = (digits: string | undefined): bigint => BigInt(`0x${digits ?? ''}`);
const hhdm = 0xffff800000000000n;
const kernelBase = 0xffffffff80000000n;

/** The checksum that the kernel makes of a file. */
const checksum = (bytes: Uint8Array): bigint =>
  bytes.reduce((sum, byte) => BigInt.asUintN(64, sum * 31n + BigInt(byte)), 0n);

interface Region {
  base: bigint;
  end: bigint;
  kind: number;
}

const regionsOf = (told: Told): Region[] =>
  told('memory').map(([base, length, kind]) => ({
    base: hex(base),
    end: hex(base) + hex(length),
    kind: Number(hex(kind)),
  }));

const usable = 0;
const reclaimable = 5;
const executableAndModules = 6;
const framebufferKind = 7;

function assertWithin(regions: readonly Region[], physical: bigint, kind: number, what: string): void {
  const region = regions.find(({ base, end }) => physical >= base && physical < end);
  assert.equal(region?.kind, kind, `${what} at 0x${physical.toString(16)}`);
}

/** A mapping the kernel looked up, as `physical w x u patN`, or `none`. */
const mappingOf = (told: Told, name: string, address?: bigint): string | undefined => {
  const found = told('mapping').find(([of, at]) => of === name && (address === undefined || hex(at) === address));
  return found?.slice(2).join(' ');
};

for (const firmware of ['bios', 'uefi'] as const) {
  test(`the state of the CPU at entry is the protocol’s, by ${firmware}`, async () => {
    const told = await tell(3n, { firmware });
    const registers = new Map(told('register').map(([name, value]) => [name, hex(value)]));
    const general = [
      'rax',
      'rbx',
      'rcx',
      'rdx',
      'rsi',
      'rdi',
      'rbp',
      ...[8, 9, 10, 11, 12, 13, 14, 15].map((n) => `r${n}`),
    ];
    for (const name of general) assert.equal(registers.get(name), 0n, name);
    const expected = {
      return: 0n,
      rflags: 2n,
      cr0: 0x80010011n,
      cr4: 0x20n,
      efer: 0xd00n,
      pat: 0x0007010500070406n,
      pic0: 0xffn,
      pic1: 0xffn,
      cs: 0x28n,
      ...{ ds: 0x30n, es: 0x30n, fs: 0x30n, gs: 0x30n, ss: 0x30n },
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(registers.get(name), value, name);
    assert.equal((registers.get('rsp') ?? 0n) % 16n, 8n);
    assert.deepEqual(told('idt'), [['0', '0']]);
    assert.equal(told('gdt')[0]?.[0], '37');
    // Base, limit and access of each descriptor, as the protocol lists them; the CPU may set "accessed".
    const descriptors = told('descriptor').map(([, value]) => hex(value) | (1n << 40n));
    assert.deepEqual(descriptors.slice(1), [
      0x00009b000000ffffn,
      0x000093000000ffffn,
      0x00cf9b000000ffffn,
      0x00cf93000000ffffn,
      0x00209b0000000000n,
      0x0000930000000000n,
    ]);
    assert.equal(told('descriptor')[0]?.[1], '0');

    // Stack, descriptors and page tables may be reclaimed, and the direct map reaches them.
    const regions = regionsOf(told);
    const stack = (registers.get('rsp') ?? 0n) - hhdm;
    assertWithin(regions, stack, reclaimable, 'the stack');
    assertWithin(regions, stack - 256n * 1024n + 16n, reclaimable, 'the stack’s other end');
    assertWithin(regions, hex(told('gdt')[0]?.[1]) - hhdm, reclaimable, 'the descriptors');
    assertWithin(regions, registers.get('cr3') ?? 0n, reclaimable, 'the page tables');
  });

  test(`no line of the I/O APIC can interrupt the kernel, by ${firmware}`, async () => {
    const told = await tell(2n, { firmware });
    const lines = told('io-apic');
    assert.equal(lines.length, 24);
    for (const [line, delivery, masked] of lines) {
      if (Number(delivery) <= 1) assert.equal(masked, '1', `line ${line}`);
    }
  });
}

const machines: readonly Partial<QemuOptions>[] = [
  { memory: '64M' },
  { memory: '6G' },
  { cpu: 'max', medium: 'disk' },
  { cpu: 'Nehalem' },
  { firmware: 'uefi', medium: 'usb', memory: '6G', cpu: 'max' },
  { firmware: 'uefi', memory: '64M' },
  ...(thorough
    ? (['cd', 'disk', 'usb'] as const).flatMap((medium) =>
        ['64M', '256M', '3G', '6G'].map((memory) => ({ firmware: 'uefi', medium, memory }) as const),
      )
    : []),
];

/** Revisions that responses have: of most features there has been only one. */
const revisions = { framebuffer: '1', modules: '1' } as const;
const answeredByAll = [
  ...['bootloader', 'firmware', 'stack', 'hhdm', 'framebuffer', 'paging', 'memory', 'file', 'cmdline', 'modules'],
  ...['rsdp', 'smbios', 'date', 'address'],
];
const answeredByUefi = ['efi-system-table', 'efi-memory-map'];

for (const machine of machines) {
  test(`every response is right on a machine with ${JSON.stringify(machine)}`, async () => {
    const told = await tell(3n, machine);
    const uefi = machine.firmware === 'uefi';
    assert.deepEqual(told('base-revision'), [['true', '3']]);
    assert.deepEqual(
      new Map(told('revision').map(([name = '', revision]) => [name, revision])),
      new Map(
        [...answeredByAll, ...(uefi ? answeredByUefi : [])].map((name) => [
          name,
          name in revisions ? revisions[name as keyof typeof revisions] : '0',
        ]),
      ),
    );
    assert.match(told('bootloader')[0]?.join(' ') ?? '', /^Onko \d+\.\d+\.\d+$/);
    assert.deepEqual(told('firmware'), [[uefi ? 'uefi-64' : 'bios']]);
    assert.deepEqual(told('stack-size'), [['true']]);
    assert.deepEqual(told('four-levels'), [['true']]);
    assert.deepEqual(told('unanswered'), [['true', 'true']]);
    assert.equal(hex(told('hhdm')[0]?.[0]), hhdm);
    assert.deepEqual(told('zeros'), [['true']]);

    const regions = regionsOf(told);
    for (const [index, { base, end, kind }] of regions.entries()) {
      assert.ok(base < end && base >= (regions[index - 1]?.end ?? 0n), 'sorted, without overlap');
      if (kind === usable || kind === reclaimable)
        assert.ok(base % 4096n === 0n && end % 4096n === 0n && base >= 4096n);
    }
    const free = regions.filter(({ kind }) => kind === usable).reduce((sum, { base, end }) => sum + end - base, 0n);
    const megabytes = BigInt(machine.memory === '6G' ? 6144 : Number.parseInt(machine.memory ?? '256'));
    // UEFI keeps more for itself: its run-time services, ACPI's tables, and room for variables.
    const kept = uefi ? 12n : 4n;
    assert.ok(free > (megabytes - kept) << 20n && free < megabytes << 20n, `${free} bytes free`);

    const [physical, virtual] = told('address')[0]?.map(hex) ?? [];
    assert.equal(virtual, kernelBase);
    assertWithin(regions, physical ?? 0n, executableAndModules, 'the image');

    const [address, size, sum, path, ...string] = told('kernel-file')[0] ?? [];
    assert.deepEqual([hex(size), hex(sum)], [BigInt(kernel.length), checksum(kernel)]);
    assert.deepEqual([path, string.join(' ')], ['/boot/kernel.elf', '"one two"']);
    assertWithin(regions, hex(address) - hhdm, reclaimable, 'the kernel’s file');
    assert.deepEqual(told('cmdline'), [['one', 'two']]);
    for (const [from, network, partition, mbr, hasGpt, gpt, noPartition, noUuid] of [
      ...told('kernel-file-from'),
      ...told('module-from'),
    ]) {
      assert.deepEqual([network, partition, noPartition, noUuid], ['true', '0', 'true', 'true']);
      const cd = (machine.medium ?? 'cd') === 'cd';
      assert.deepEqual([from, hasGpt], cd ? ['optical', 'false'] : ['generic', 'true']);
      assert.deepEqual(
        [mbr, gpt],
        cd ? ['0', '0'] : [hexNumber(disk.readUInt32LE(440)), hexNumber(disk.readUInt32LE(568))],
      );
    }

    assert.deepEqual(told('modules'), [['1', '2']]);
    const inner = new TextEncoder().encode('inner\n');
    const expected = [
      { bytes: inner, path: '/boot/sub/inner.txt', string: '"from the kernel"' },
      { bytes: moduleBytes, path: '/module.bin', string: '"12345678"' },
    ];
    for (const [index, [at, length, sumOf, where, ...words]] of told('module').entries()) {
      const module = expected[index];
      assert.ok(module);
      assert.deepEqual([hex(length), hex(sumOf)], [BigInt(module.bytes.length), checksum(module.bytes)]);
      assert.deepEqual([where, words.join(' ')], [module.path, module.string]);
      assert.equal(hex(at) % 4096n, 0n);
      assertWithin(regions, hex(at) - hhdm, executableAndModules, 'a module');
    }

    assert.equal(told('framebuffer-revision')[0]?.[0], '1');
    const [at, width, height, pitch, bpp, rgb, ...masks] = told('framebuffer')[0] ?? [];
    assert.deepEqual([width, height, pitch, bpp, rgb].join(' '), '500 320 1400 20 true');
    assert.equal(masks.join(' '), '8 10 8 8 8 0 false', 'size and shift of each colour, and no EDID');
    const bytes = hex(pitch) * hex(height);
    assert.deepEqual(
      regions.filter(({ kind }) => kind === framebufferKind),
      [{ base: hex(at) - hhdm, end: hex(at) - hhdm + bytes, kind: framebufferKind }],
    );
    const modes = told('mode').map((words) => words.map(hex));
    assert.ok(modes.some(([w, h, p, bits]) => w === 1280n && h === 800n && p === 5120n && bits === 32n));
    for (const [w, , p, bits] of modes) assert.ok((p ?? 0n) >= (w ?? 0n) * (((bits ?? 0n) + 7n) / 8n));

    const date = Number(hex(told('date')[0]?.[0]));
    assert.ok(Math.abs(date - Date.now() / 1000) < 120, `the clock says ${date}`);
    // Physical at base revision 3.
    const rsdp = hex(told('rsdp')[0]?.[0]);
    const smbios = hex(told('smbios')[0]?.[0]) + hex(told('smbios')[0]?.[1]);
    if (uefi) {
      assertFirmwareTables(told, regions, rsdp, smbios);
    } else {
      assert.ok(rsdp >= 0xe0000n && rsdp < 0x100000n && rsdp % 16n === 0n);
      assert.ok(smbios >= 0xf0000n);
    }
  });
}

/** What only UEFI has: where its tables lie, and that its own list of memory agrees with the kernel's. */
function assertFirmwareTables(told: Told, regions: readonly Region[], rsdp: bigint, smbios: bigint): void {
  const kindAt = (address: bigint) => regions.find(({ base, end }) => address >= base && address < end)?.kind;
  const systemTable = hex(told('efi-system-table')[0]?.[0]);
  for (const address of [rsdp, smbios, systemTable]) {
    assert.ok(address > 0n && address < 1n << 32n, address.toString(16));
    assert.notEqual(kindAt(address), usable, `0x${address.toString(16)} is not given away`);
    assert.notEqual(kindAt(address), reclaimable);
  }
  const [list, size, stride, version] = told('efi-memory-map')[0]?.map(hex) ?? [];
  assertWithin(regions, (list ?? 0n) - hhdm, reclaimable, 'the EFI memory map');
  assert.equal(version, 1n);
  const descriptors = told('efi-memory').map((words) => words.map(hex));
  assert.equal(BigInt(descriptors.length), (size ?? 0n) / (stride ?? 1n));
  assert.equal((size ?? 1n) % (stride ?? 1n), 0n);
  for (const [type = 0n, base = 0n, pages = 0n] of descriptors) {
    // Types of UEFI 2.10, 7.2.1, once boot services are left. What the loader took lies in what it calls its data.
    const allowed: Record<string, readonly number[]> = {
      ...{ '1': [reclaimable], '2': [reclaimable, executableAndModules] },
      ...{ '3': [usable], '4': [usable], '7': [usable], '9': [2], '10': [3] },
    };
    const kinds = allowed[String(type)] ?? [1];
    // The first page is never given away.
    const first = base === 0n ? 4096n : base;
    if (first >= base + pages * 4096n) continue;
    for (const address of [first, base + pages * 4096n - 1n]) {
      const kind = kindAt(address);
      assert.ok(kind !== undefined && kinds.includes(kind), `type ${type} at 0x${address.toString(16)} is ${kind}`);
    }
  }
}

const hexNumber = (number: number): string => number.toString(16);

test('segments are mapped with their own permissions, and only they', async () => {
  const told = await tell(3n);
  const base = hex(told('address')[0]?.[0]);
  const flags = (name: string): string | undefined => mappingOf(told, name)?.split(' ').slice(1).join(' ');
  assert.equal(flags('text'), '- x - pat0');
  assert.equal(flags('rodata'), '- - - pat0');
  assert.equal(flags('data'), 'w - - pat0');
  assert.equal(flags('bss-end'), 'w - - pat0');
  for (const name of ['text', 'rodata', 'data', 'bss-end']) {
    const [, at, physical] = told('mapping').find(([of]) => of === name) ?? [];
    assert.equal(hex(physical) - base, hex(at) - kernelBase, `${name} is where the image’s base says`);
  }
  assert.equal(mappingOf(told, 'below-kernel'), 'none');
});

test('framebuffers are write-combining to their last byte, at every base revision', async () => {
  for (const revision of [0n, 3n]) {
    const told = await tell(revision);
    assert.match(mappingOf(told, 'framebuffer-start') ?? '', /^fd000000 w x - pat5$/);
    assert.match(mappingOf(told, 'framebuffer-end') ?? '', /^fd3e7fff w x - pat5$/);
    assert.equal(mappingOf(told, 'behind-framebuffer'), revision === 3n ? 'none' : 'fd3e8000 w x - pat0');
  }
});

test('direct map and identity map cover what each base revision promises by UEFI, too', async () => {
  const told = await tell(0n, { firmware: 'uefi', memory: '6G' });
  const plain = (address: bigint): string => `${address.toString(16)} w x - pat0`;
  for (const address of [0x1000n, 0xb8000n, 0xfee00000n, 0x100000000n]) {
    assert.equal(mappingOf(told, 'identity', address), plain(address));
    assert.equal(mappingOf(told, 'direct', hhdm + address), plain(address));
  }
  // Not physical below base revision 3.
  for (const name of ['rsdp', 'efi-system-table']) assert.ok(hex(told(name)[0]?.[0]) > hhdm, name);
});

test('direct map and identity map cover what each base revision promises', async () => {
  const first4GiB = [0n, 0x1000n, 0x100000n, 0xb8000n, 0xf0000n, 0x80000000n, 0xfee00000n, 0xfffff000n];
  const above = 0x100000000n;
  for (const revision of [0n, 1n, 2n, 3n]) {
    const told = await tell(revision, { memory: '6G' });
    assert.deepEqual(told('base-revision'), [['true', `${revision}`]]);
    const plain = (address: bigint): string => `${address.toString(16)} w x - pat0`;
    const regions = regionsOf(told);
    for (const address of [...first4GiB, above]) {
      const identity = revision === 0n && address > 0n;
      assert.equal(mappingOf(told, 'identity', address), identity ? plain(address) : 'none', `identity ${revision}`);
      const kind = regions.find(({ base, end }) => address >= base && address < end)?.kind;
      const direct = revision < 3n || kind === usable || kind === reclaimable || kind === executableAndModules;
      assert.equal(mappingOf(told, 'direct', hhdm + address), direct ? plain(address) : 'none', `direct ${revision}`);
    }
    const rsdp = hex(told('rsdp')[0]?.[0]);
    assert.equal(rsdp > hhdm, revision < 3n);
  }
});

test('a base revision that does not exist yet is left for the kernel to notice', async () => {
  const told = await tell(4n);
  assert.deepEqual(told('base-revision'), [['false', '3']]);
});
