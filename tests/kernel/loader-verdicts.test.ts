/** What `onko elf --why-not-bootable` and the ELF explorer say of a kernel, held against what our loader does with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildFolder, buildHosted } from '../../kernel/pipeline/toolchain.ts';
import { whyNotBootable } from '../../src/lib/elf/bootable.ts';
import { writeIso } from '../../src/lib/iso9660/write.ts';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import { mutateBytes } from '../fuzz/mutate.ts';
import { Random } from '../fuzz/random.ts';
import { thorough } from '../thorough.ts';
import { kernelFile, kernelStart, requestIds, type KernelParts } from './fixtures/kernel-file.ts';

const loader = await buildHosted({
  folder: `${root}/tests/kernel/loader-verdicts`,
  output: `${buildFolder}/output/loader-verdicts`,
  binary: 'loader-verdicts',
});

const conf = new TextEncoder().encode('timeout: 0\n/Onko\nprotocol: limine\npath: boot():/kernel.elf\n');

/** What the loader says of each kernel, booted from a disc of its own: a sentence, or `called`. */
async function askLoader(kernels: readonly Uint8Array[]): Promise<string[]> {
  const said: string[] = [];
  const atOnce = 200;
  for (let first = 0; first < kernels.length; first += atOnce) {
    const input = kernels.slice(first, first + atOnce).flatMap((kernel) => {
      const files = new Map([
        ['limine.conf', conf],
        ['kernel.elf', kernel],
      ]);
      const disc = writeIso({ volumeId: 'TEST', files, boot: [] });
      return [new Uint8Array(Uint32Array.of(disc.length).buffer), disc];
    });
    said.push(...(await run(loader, [], { input: Buffer.concat(input) })).stdout.split('\n').slice(0, -1));
  }
  assert.equal(said.length, kernels.length);
  return said;
}

/** What the page says, in the loader's form. */
function askPage(kernel: Uint8Array): string {
  const [first] = whyNotBootable(kernel);
  return first === undefined ? 'called' : `Cannot boot "boot():/kernel.elf": ${first.text}.`;
}

/** The sentence without its numbers and names: what kind of reason it is. */
const kindOf = (sentence: string) => sentence.replaceAll(/\(.*?\)|0x[0-9a-f]+|\d+|[RWX-]{3}|\b[0-9a-f]{2}\b/g, '#');

/** How many kernels had each kind of verdict, the same with both. */
async function compare(kernels: readonly Uint8Array[]): Promise<Map<string, number>> {
  const kinds = new Map<string, number>();
  for (const [index, said] of (await askLoader(kernels)).entries()) {
    const kernel = kernels[index] ?? new Uint8Array();
    const page = askPage(kernel);
    // That memory, or a module's file, is missing says nothing of the kernel: its file has passed all that comes before.
    const isElsewhere = /^(Out of memory|Cannot load the module)/.test(said);
    if (!isElsewhere) assert.equal(page, said, Buffer.from(kernel).toString('hex'));
    else assert.match(page, /^called$| request| paging mode| entry point/, Buffer.from(kernel).toString('hex'));
    const kind = isElsewhere ? 'stopped by memory or a module' : kindOf(said);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}

const textAt = (offset: bigint, bytes: string): NonNullable<KernelParts['content']> => [
  [offset, new TextEncoder().encode(bytes)],
];

/** A kernel that lists one module by itself: the pointers of its entry, and the bytes of its path. */
function withModule(pointers: readonly bigint[], path: readonly number[]): KernelParts {
  const at = (place: bigint) => kernelStart + place;
  const words = (...values: bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);
  return {
    requests: [{ name: 'module', revision: 1n, members: [1n, at(0x500n)] }],
    content: [
      [0x200n + 0x500n, words(at(0x510n), 0n, ...pointers)],
      [0x200n + 0x540n, Uint8Array.from(path)],
    ],
  };
}
const [pathAt, nothingAt] = [kernelStart + 0x540n, kernelStart + 0x5f0n];

/** Kernels that are wrong in one way each, or unusual and right. */
const crafted: KernelParts[] = [
  {},
  { header: { e_type: 3 } },
  { header: { e_type: 1 } },
  { header: { e_type: 0xfe00 } },
  { header: { e_machine: 183 } },
  { header: { e_entry: 0n } },
  { header: { e_entry: kernelStart - 1n } },
  { header: { e_entry: kernelStart + 0xfffn } },
  { header: { e_phentsize: 32 } },
  { header: { e_phnum: 0 } },
  { header: { e_phnum: 0xffff } },
  { header: { e_phoff: 2n ** 64n - 1n } },
  { identification: [0x7f, 0x45, 0x4c, 0x47] },
  { identification: [0x7f, 0x45, 0x4c, 0x46, 1] },
  { identification: [0x7f, 0x45, 0x4c, 0x46, 9] },
  { identification: [0x7f, 0x45, 0x4c, 0x46, 2, 2] },
  { length: 0 },
  { length: 3 },
  { length: 63 },
  { length: 100 },
  { length: 0x300 },
  { segments: [] },
  { segments: [{ p_type: 2 }] },
  { segments: [{ p_vaddr: 0x200000n }] },
  { segments: [{ p_vaddr: 0xffff800000000000n }] },
  { segments: [{ p_vaddr: 2n ** 64n - 0x100n }] },
  { segments: [{ p_memsz: 0x10n }] },
  { segments: [{ p_memsz: 0n }] },
  { segments: [{ p_filesz: 2n ** 64n - 1n, p_memsz: 2n ** 31n }] },
  { segments: [{ p_offset: 2n ** 64n - 8n }] },
  { segments: [{ p_flags: 4 }] },
  { segments: [{ p_flags: 0x0f000005 }] },
  { segments: [{}, { p_vaddr: kernelStart + 0x80n }] },
  { segments: [{}, { p_vaddr: kernelStart + 0x600n, p_flags: 6 }] },
  { segments: [{}, { p_vaddr: kernelStart + 0x600n }] },
  { segments: [{}, { p_vaddr: kernelStart + 0x1000n, p_flags: 6 }] },
  { segments: [{ p_vaddr: kernelStart + 0x1000n, p_flags: 6 }, {}] },
  { segments: Array.from({ length: 32 }, (_, index) => ({ p_vaddr: kernelStart + BigInt(index * 0x1000) })) },
  { segments: Array.from({ length: 33 }, (_, index) => ({ p_vaddr: kernelStart + BigInt(index * 0x1000) })) },
  { segments: [{}, { p_type: 3, p_offset: 0x400n, p_filesz: 12n }], content: textAt(0x400n, '/lib/ld.so\0') },
  { segments: [{}, { p_type: 3, p_offset: 0x400n, p_filesz: 4n }], content: textAt(0x400n, '\x01\x02\x03\x04') },
  { segments: [{}, { p_type: 3, p_offset: 0x40000n, p_filesz: 4n }] },
  { segments: [{}, { p_type: 2 }], header: { e_type: 3 } },
  { requests: [{ name: 'entry point', members: [kernelStart + 0x10n] }], header: { e_entry: 0n } },
  { requests: [{ name: 'entry point', members: [0n] }] },
  { requests: [{ name: 'paging mode', revision: 1n, members: [0n, 0n, 1n] }] },
  { requests: [{ name: 'paging mode', members: [0n, 0n, 1n] }] },
  { requests: [{ name: 'framebuffer' }, { name: 'framebuffer' }] },
  { requests: [{ name: 'framebuffer' }, { name: 'start' }, { name: 'framebuffer' }] },
  { requests: [{ name: 'framebuffer' }, { name: 'end' }, { name: 'framebuffer' }] },
  { requests: [{ name: 'module', revision: 1n, members: [1n, 0n] }] },
  { requests: [{ name: 'module', revision: 1n, members: [1n, kernelStart + 0x508n] }] },
  { requests: [{ name: 'module', members: [1n, 0n] }] },
  withModule([pathAt, nothingAt, 1n], [0x6d, 0]),
  withModule([pathAt, nothingAt, 0n], [0x6d, 0]),
  withModule([pathAt, nothingAt, 1n], [0xff, 0]),
  withModule([pathAt, 5n, 1n], [0x6d, 0]),
  withModule([kernelStart + 0x7f0n, kernelStart + 0xfffn, 0n], []),
  withModule([kernelStart + 0x1000n, nothingAt, 0n], []),
  { requests: [], list: [0n] },
  { requests: [{ name: 'HHDM' }], list: [kernelStart, kernelStart + 0x100000n] },
  { requests: [{ name: 'HHDM' }, { name: 'HHDM' }], list: [kernelStart + 0x10n], revision: 3n },
  { requests: [{ name: 'entry point', members: [7n] }], list: [kernelStart + 0x100n], revision: 0n },
  { requests: [{ name: 'entry point', members: [7n] }], list: [1n], revision: 9n },
];

test('the page’s verdict on kernels that are wrong in one way each is the loader’s', async (t) => {
  const kinds = await compare(crafted.map(kernelFile));
  t.diagnostic([...kinds].map(([kind, count]) => `${count} × ${kind}`).join('\n'));
  assert.ok(kinds.size >= 25, `${kinds.size} kinds`);
});

test('every request the loader knows is known to the page, and may stand there once', async () => {
  const names = [...requestIds.keys()];
  const twice = names.map((name) => kernelFile({ requests: [{ name }, { name }] }));
  const verdicts = twice.map(askPage);
  assert.equal(names.length, 17);
  for (const [index, name] of names.entries())
    assert.match(verdicts[index] ?? '', new RegExp(`the ${name} request twice`));
  assert.deepEqual(await askLoader(twice), verdicts);
});

test('the verdicts on mutated kernels are the same as well', async (t) => {
  const seeds = crafted.map(kernelFile).filter(({ length }) => length > 0x200);
  const words = [kernelStart, kernelStart + 0x1000n, 0x8000_0000n, 1n].map(
    (word) => new Uint8Array(BigUint64Array.of(word).buffer),
  );
  const kernels = Array.from({ length: thorough ? 100_000 : 3000 }, (_, number) =>
    mutateBytes(seeds, words, new Random(5, number)),
  );
  const kinds = await compare(kernels.filter(({ length }) => length > 0));
  t.diagnostic([...kinds].map(([kind, count]) => `${count} × ${kind}`).join('\n'));
  assert.ok((kinds.get('called') ?? 0) >= 100 && kinds.size >= 15);
});
