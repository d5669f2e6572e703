import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { findChapter } from '../../kernel/pipeline/chapters.ts';
import { buildIsos, isosAreCurrent, isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { withQemu } from '../../kernel/pipeline/qemu.ts';
import type { Qemu, QemuOptions, VideoMode } from '../../kernel/pipeline/qemu.ts';
import type { IsoEntry, Manifest } from '../../src/lib/manifest.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-paint-`);
after(() => rmSync(scratch, { recursive: true }));

/** rgb(12, 24, 33) with red above green above blue; the highest byte is unused. */
const painted = 0x000c1821;

function manifestOf(folder: string): Manifest {
  const manifest = readManifest(folder);
  assert.ok(manifest !== undefined, `${folder} has a manifest`);
  return manifest;
}

function entryOf(manifest: Manifest, chapter: string): IsoEntry {
  const entry = manifest.isos.find((iso) => iso.chapter === chapter);
  assert.ok(entry !== undefined, `the manifest has chapter ${chapter}`);
  return entry;
}

/** Boots the ISO and checks the CPU, every pixel in video memory, and every pixel on the monitor. */
async function assertPaints(folder: string, entry: IsoEntry, machine: Partial<QemuOptions> = {}): Promise<void> {
  await withQemu({ iso: `${folder}/${entry.file}`, ...machine }, async (qemu) => {
    await assertHaltedInKmain(qemu, entry);
    const mode = await qemu.videoMode();
    assert.ok(mode !== undefined, 'the card shows graphics');
    assert.deepEqual(await framebufferGivenToKernel(qemu, entry), { ...mode, address: undefined });
    await assertEveryPixel(qemu, mode);
  });
}

async function assertHaltedInKmain(qemu: Qemu, entry: IsoEntry): Promise<void> {
  const cpu = await qemu.waitUntilHalted();
  const kmain = entry.kernel?.symbols.find(({ name }) => name === 'kmain');
  assert.ok(kmain !== undefined);
  const start = BigInt(kmain.address);
  const rip = cpu.registers.get('rip') ?? 0n;
  assert.ok(cpu.longMode);
  assert.ok(start <= rip && rip < start + BigInt(kmain.size), `RIP is 0x${rip.toString(16)}\n${cpu.text}`);
}

/** What the loader answered to the kernel's request (Limine boot protocol, "Framebuffer Feature"). */
async function framebufferGivenToKernel(
  qemu: Qemu,
  entry: IsoEntry,
): Promise<Omit<VideoMode, 'address'> & { address: undefined }> {
  const request = entry.kernel?.symbols.find(({ name }) => name.includes('FRAMEBUFFER_REQUEST'));
  assert.ok(request !== undefined);
  const pointer = async (at: bigint) => Buffer.from(await qemu.readLinear(at, 8)).readBigUInt64LE();
  const response = await pointer(BigInt(request.address) + 40n);
  assert.notEqual(response, 0n, 'the loader answered');
  const framebuffer = Buffer.from(await qemu.readLinear(await pointer(await pointer(response + 16n)), 34));
  return {
    width: Number(framebuffer.readBigUInt64LE(8)),
    height: Number(framebuffer.readBigUInt64LE(16)),
    pitch: Number(framebuffer.readBigUInt64LE(24)),
    bitsPerPixel: framebuffer.readUInt16LE(32),
    address: undefined,
  };
}

async function assertEveryPixel(qemu: Qemu, { width, height, pitch, bitsPerPixel, address }: VideoMode): Promise<void> {
  assert.equal(bitsPerPixel, 32);
  const memory = Buffer.from(await qemu.readPhysical(address, pitch * height));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const found = memory.readUInt32LE(y * pitch + x * 4);
      if (found !== painted)
        assert.fail(`pixel (${x}, ${y}) is 0x${found.toString(16)}, not 0x${painted.toString(16)}`);
    }
  }
  const screen = await qemu.screenDump();
  assert.deepEqual([screen.width, screen.height], [width, height]);
  const expected = Buffer.alloc(width * height * 3, Buffer.from([12, 24, 33]));
  assert.ok(expected.equals(screen.rgb), 'every pixel on the monitor is rgb(12, 24, 33)');
}

test('the committed ISOs are made from the sources as they are', async () => {
  assert.ok(await isosAreCurrent(), 'run ./onko isos and commit public/isos');
});

test('each ISO with a kernel is under 300 KB, and the one with a program for Linux under 700', () => {
  for (const { file, size, chapter } of manifestOf(isosFolder).isos) {
    assert.equal(readFileSync(`${isosFolder}/${file}`).length, size);
    const limit = findChapter(chapter).build === 'hosted' ? 700_000 : 300_000;
    assert.ok(size < limit, `${file} has ${size} bytes`);
  }
});

const machines: [name: string, options: Partial<QemuOptions>][] = [
  ['an ordinary PC', {}],
  ['64 MiB of memory', { memory: '64M' }],
  ['6 GiB of memory', { memory: '6G' }],
  ['every CPU feature that QEMU has', { cpu: 'max' }],
  ['the q35 chipset', { extra: ['-machine', 'q35'] }],
];
for (const [name, options] of machines) {
  test(`main.rs paints every pixel and halts in kmain: ${name}`, async () => {
    await assertPaints(isosFolder, entryOf(manifestOf(isosFolder), '05-main-rs'), options);
  });
}

test('the ISOs can be built again: to the byte by the same tools, and by others so that they paint as well', async () => {
  await buildIsos(scratch);
  const fresh = manifestOf(scratch);
  const committed = manifestOf(isosFolder);
  if (JSON.stringify(fresh.tools) === JSON.stringify(committed.tools)) {
    assert.deepEqual(fresh, committed);
    for (const { file } of fresh.isos) {
      assert.ok(readFileSync(`${scratch}/${file}`).equals(readFileSync(`${isosFolder}/${file}`)), file);
    }
  } else {
    await assertPaints(scratch, entryOf(fresh, '05-main-rs'));
  }
});
