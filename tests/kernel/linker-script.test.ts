/**
 * What chapter 4's text says about linker.ld, tried on the real linker: each test edits the script (or leaves it), builds,
 * and looks at the ELF file.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { kernelBinary, writeTree } from '../../kernel/pipeline/build.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { bareToolchain, buildBare, buildFolder } from '../../kernel/pipeline/toolchain.ts';
import { baseAddress, debugKernel, debugSections, placeSections } from '../../src/components/diagrams/kernel-layout.ts';
import { parseElf } from '../../src/lib/elf.ts';
import type { ElfFile } from '../../src/lib/elf.ts';
import { CommandError } from '../../tools/process.ts';

let variant = Date.now();

/** Builds a chapter with its linker.ld or main.rs changed, and returns the kernel's bytes. */
async function build(
  chapter: string,
  change: { script?: (text: string) => string; code?: string; debug?: boolean } = {},
): Promise<Uint8Array> {
  const tree = composeChapter(chapter);
  const script = tree.get('linker.ld');
  const main = tree.get('src/main.rs');
  assert.ok(script && main);
  const text = change.script?.(script.text) ?? script.text;
  if (change.script) assert.notEqual(text, script.text, 'the edit changed nothing');
  tree.set('linker.ld', { ...script, text });
  // Cargo does not notice an edited linker script, as the chapter says, but it does notice other code.
  variant += 1;
  tree.set('src/main.rs', { ...main, text: `${main.text}${change.code ?? ''}\n// variant ${variant}\n` });

  const folder = `${buildFolder}/trees/linker-script-test`;
  await writeTree(tree, folder);
  const output = `${buildFolder}/output/linker-script-test`;
  return readFile(await buildBare({ folder, output, binary: kernelBinary, ...(change.debug && { debug: true }) }));
}

/** A function that reads and writes 64 KiB of zeroes; something to put into .bss. */
const buffer = `
static mut BUFFER: [u8; 65536] = [0; 65536];
#[used]
static KEEP: fn() = touch_buffer;
fn touch_buffer() {
    unsafe { (&raw mut BUFFER).cast::<u8>().write_volatile(1) }
}
`;

/** Whether sizes can be compared to the byte with those in the text: another compiler makes other code. */
async function isMeasuredCompiler(): Promise<boolean> {
  const { versions } = await bareToolchain();
  return versions['rustc']?.startsWith(`${debugKernel.compiler} `) ?? false;
}

const loaded = (elf: ElfFile) => elf.segments.filter(({ type }) => type === 1);
const section = (elf: ElfFile, name: string) => elf.sections.find((each) => each.name === name);
const size = (elf: ElfFile, name: string) => Number(section(elf, name)?.size ?? 0n);

test('the kernel of chapter 4 is three bytes: hlt, and a jump back to it', async () => {
  const bytes = await build('04-linker-script');
  const elf = parseElf(bytes);
  const text = section(elf, '.text');
  assert.ok(text);
  const at = Number(text.offset);
  assert.deepEqual([...bytes.subarray(at, at + Number(text.size))], [0xf4, 0xeb, 0xfd]);
  assert.equal(elf.entry, baseAddress);
  assert.equal(at, 0x1000);
});

test('LLD writes no segment for a section that is empty', async () => {
  const elf = parseElf(await build('04-linker-script'));
  assert.equal(elf.segments.length, 1);
  assert.equal(elf.segments[0]?.flags, 5);
});

test('the debug kernel has three segments, where the diagram draws them', async () => {
  const bytes = await build('05-main-rs', { debug: true });
  const elf = parseElf(bytes);
  const sizes = { text: size(elf, '.text'), rodata: size(elf, '.rodata'), data: size(elf, '.data') };
  const placed = placeSections([
    { name: '.text', permissions: 'R-X', size: sizes.text },
    { name: '.rodata', permissions: 'R--', size: sizes.rodata },
    { name: '.data', permissions: 'RW-', size: sizes.data },
  ]);
  assert.deepEqual(
    loaded(elf).map(({ flags, virtualAddress, offset, fileSize }) => [flags, virtualAddress, offset, fileSize]),
    placed.map((each, index) => [[5, 4, 6][index], each.address, BigInt(each.offset), BigInt(each.size)]),
  );
  if (await isMeasuredCompiler()) {
    assert.deepEqual(placed, debugSections);
    // mov rdi, 0x80003000, which is stretched to the address of .data: the bytes that the text takes apart.
    assert.ok(Buffer.from(bytes).includes(Buffer.from([0x48, 0xc7, 0xc7, 0x00, 0x30, 0x00, 0x80])));
  }
});

test('without ALIGN, segments of different permissions share a page', async () => {
  const elf = parseElf(
    await build('05-main-rs', { debug: true, script: (text) => text.replaceAll('. = ALIGN(0x1000);', '') }),
  );
  const [text, rodata] = loaded(elf);
  assert.ok(text && rodata);
  const lastPage = (text.virtualAddress + text.memorySize - 1n) / 0x1000n;
  assert.equal(rodata.virtualAddress / 0x1000n, lastPage);
  assert.notEqual(rodata.flags, text.flags);
  // The bytes keep their place within the page: that is what the file's offset has to agree with.
  assert.equal(rodata.virtualAddress % 0x1000n, rodata.offset % 0x1000n);
});

test('without ENTRY the build succeeds, the entry is 0, and the linker throws the whole kernel away', async () => {
  for (const script of [
    (text: string) => text.replace('ENTRY(kmain)', ''),
    (text: string) => text.replace('ENTRY(kmain)', 'ENTRY(kmian)'),
  ]) {
    const elf = parseElf(await build('04-linker-script', { script }));
    assert.equal(elf.entry, 0n);
    assert.equal(section(elf, '.text'), undefined);
  }
});

test('with *(.text) alone, kmain becomes an orphan in the data segment, where nothing may run', async () => {
  const elf = parseElf(await build('05-main-rs', { script: (text) => text.replace('*(.text .text.*)', '*(.text)') }));
  const orphan = section(elf, '.text.kmain');
  assert.ok(orphan);
  const holder = loaded(elf).find(
    ({ virtualAddress, memorySize }) =>
      orphan.address >= virtualAddress && orphan.address < virtualAddress + memorySize,
  );
  assert.equal(holder?.flags, 6);
});

test('without /DISCARD/, or with *(.eh_frame) alone, unwinding tables land in the executable segment', async () => {
  const kept = parseElf(await build('05-main-rs', { script: (text) => text.replace('*(.eh_frame*)', '*(.eh_frame)') }));
  assert.equal(section(kept, '.eh_frame'), undefined);
  const header = section(kept, '.eh_frame_hdr');
  const [text] = loaded(kept);
  assert.ok(header && text);
  assert.equal(text.flags, 5);
  assert.ok(header.address >= text.virtualAddress && header.address < text.virtualAddress + text.memorySize);

  const all = parseElf(
    await build('04-linker-script', { script: (script) => script.replace(/\/DISCARD\/ : \{[^}]*\}/, '') }),
  );
  assert.ok(section(all, '.eh_frame'));
  if (await isMeasuredCompiler()) {
    assert.equal(header.size, 12n);
    assert.equal(loaded(all)[0]?.memorySize, 0x102cn);
  }

  const clean = parseElf(await build('05-main-rs'));
  assert.equal(clean.sections.filter(({ name }) => name.startsWith('.eh_frame')).length, 0);
});

test('.bss takes memory and no bytes of the file, as long as nothing follows it in its segment', async () => {
  const last = parseElf(await build('05-main-rs', { code: buffer }));
  const data = loaded(last).at(-1);
  assert.ok(data);
  assert.equal(data.fileSize, section(last, '.data')?.size);
  assert.ok(data.memorySize >= data.fileSize + 65536n);

  const first = parseElf(
    await build('05-main-rs', {
      code: buffer,
      script: (text) => {
        const bss = /    \.bss : \{[^}]*\} :data\n/.exec(text)?.[0] ?? '';
        return text.replace(bss, '').replace('    .data : {', `${bss}    .data : {`);
      },
    }),
  );
  const filled = loaded(first).at(-1);
  assert.ok(filled);
  assert.equal(filled.fileSize, filled.memorySize);
});

test('at 0xffff800000000000 the debug kernel does not link: its addresses do not fit in 32 signed bits', async () => {
  const script = (text: string) => text.replace('0xffffffff80000000', '0xffff800000000000');
  await assert.rejects(
    build('05-main-rs', { debug: true, script }),
    (error) => error instanceof CommandError && /relocation R_X86_64_32S out of range/.test(error.message),
  );
  // Three bytes without an address in them link anywhere.
  assert.equal(parseElf(await build('04-linker-script', { script })).entry, 0xffff_8000_0000_0000n);
});

test('a script without SECTIONS, or with a word that means nothing, stops the build and names the line', async () => {
  await assert.rejects(
    build('04-linker-script', { script: (text) => text.replace(/^SECTIONS$/m, '') }),
    (error) => error instanceof CommandError && /linker\.ld:\d+: unknown directive/.test(error.message),
  );
});

test('OUTPUT_FORMAT and OUTPUT_ARCH change nothing, as the object files say it already; a wrong format is refused', async () => {
  const plain = await build('04-linker-script');
  const without = await build('04-linker-script', { script: (text) => text.replace(/^OUTPUT_.*\n/gm, '') });
  assert.deepEqual(without, plain);
  await assert.rejects(
    build('04-linker-script', { script: (text) => text.replace('elf64-x86-64', 'elf32-i386') }),
    (error) => error instanceof CommandError && /is incompatible with elf32-i386/.test(error.message),
  );
});

test('.got is an orphan where no pattern takes it', async () => {
  const elf = parseElf(
    await build('05-main-rs', { debug: true, script: (text) => text.replace('*(.got .got.*)', '') }),
  );
  assert.ok(section(elf, '.got'));
  if (await isMeasuredCompiler()) assert.equal(size(elf, '.got'), debugKernel.got);
});

test('LLD does not look at OUTPUT_ARCH', async () => {
  const elf = parseElf(await build('04-linker-script', { script: (text) => text.replace('i386:x86-64', 'banana') }));
  assert.equal(elf.machine, 62);
});

test('FLAGS that the script leaves out are worked out from the sections', async () => {
  const elf = parseElf(await build('05-main-rs', { script: (text) => text.replace(/ FLAGS\(.*\);/g, ';') }));
  assert.deepEqual(
    loaded(elf).map(({ flags }) => flags),
    [5, 6],
  );
});
