import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { dist, openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/cargo-toml/';

async function text(page: Page, selector: string): Promise<string> {
  return ((await page.locator(`onko-elf ${selector}`).textContent()) ?? '').trim();
}

/** The line of the outline that is chosen, once the file is there. */
async function chosen(page: Page, name: string): Promise<void> {
  await page.locator('onko-elf [data-outline] [aria-selected=true] .name').filter({ hasText: name }).waitFor();
}

/** Offsets of the bytes that are lit up. */
function lit(page: Page): Promise<number[]> {
  return page
    .locator('onko-elf [data-hex] [aria-selected=true]')
    .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-at'))));
}

/** Drops a file of the reader's own on the explorer. */
async function take(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page
    .locator('onko-elf input[type=file]')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
}

test('without JavaScript the ELF explorer shows the chapter’s header, its bytes, and why a loader refuses it', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.match(
    await text(page, '[data-refusal]'),
    /dynamically linked program \(PT_INTERP asks for \/lib64\/ld-linux-x86-64\.so\.2\)/,
  );
  assert.equal(await text(page, '[data-at="18"]'), '3e');
  assert.match(await text(page, '[data-outline]'), /e_machine 62 EM_X86_64/);
  assert.equal((await lit(page)).length, 64);
});

test('the file is fetched when it is first touched, and fields and bytes lead to each other', async () => {
  const { page, complaints, strays } = await site.visit(path);
  const fetched: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/kernels/')) fetched.push(pathname);
  });
  await page.locator('onko-elf [data-outline] li', { hasText: 'e_entry' }).click();
  await chosen(page, 'e_entry');
  assert.deepEqual(fetched, ['/kernels/02-cargo-toml.elf']);
  assert.deepEqual(await lit(page), [24, 25, 26, 27, 28, 29, 30, 31]);
  assert.match(
    await text(page, '[data-chosen]'),
    /^e_entry = 0x[0-9a-f]+: where it begins: a distance .* \(bytes 0x18 to 0x1f\)$/,
  );
  await page.locator('onko-elf [data-at="18"]').click();
  await chosen(page, 'e_machine');
  assert.equal(new URL(page.url()).hash, '#elf=02-cargo-toml&at=0x12&bytes=2');
  await page.locator('onko-elf [data-outline] li', { hasText: /^Program headers/ }).click();
  await page.locator('onko-elf [data-outline] li', { hasText: 'PT_INTERP' }).click();
  await chosen(page, 'PT_INTERP');
  assert.equal((await lit(page)).length, 56);
  assert.equal(fetched.length, 1);
  assert.deepEqual([complaints, strays], [[], []]);
});

test('outline and bytes are walked with the keyboard', async () => {
  const { page } = await site.visit(path);
  await page.locator('onko-elf [data-outline] [tabindex="0"]').focus();
  await page.keyboard.press('ArrowRight');
  await chosen(page, 'EI_MAG');
  await page.keyboard.press('ArrowDown');
  await chosen(page, 'EI_CLASS');
  await page.keyboard.press('ArrowLeft');
  await chosen(page, 'ELF header');
  await page.locator('onko-elf [data-hex] [tabindex="0"]').focus();
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
  await chosen(page, 'e_machine');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), '3e at 0x12, e_machine');
  await page.keyboard.press('PageDown');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-at')), String(0x112));
});

test('a link carries the file and the field, and reset goes back', async () => {
  const { page } = await site.visit(`${path}#elf=04-linker-script&at=0x18&bytes=8`);
  await chosen(page, 'e_entry');
  assert.match(await text(page, '[data-chosen]'), /^e_entry = 0xffffffff80000000: where it begins: the address/);
  assert.match(await text(page, '[data-refusal]'), /has no objection/);
  await page.locator('onko-elf [data-action=reset]').click();
  await page.locator('onko-elf [data-refusal]', { hasText: 'PT_INTERP' }).waitFor();
  assert.equal(new URL(page.url()).hash, '');

  const { page: broken } = await site.visit(`${path}#elf=99-nothing&at=0x18`);
  assert.match(await text(broken, '[role=alert]'), /There is no file “99-nothing” here/);
});

test('an offset is typed, and one outside the file is refused in words', async () => {
  const { page } = await site.visit(`${path}#elf=03-config-toml&at=0x0`);
  const field = page.locator('onko-elf [name=offset]');
  await chosen(page, 'EI_MAG');
  await field.fill('0x3_8');
  await field.press('Enter');
  await chosen(page, 'e_phnum');
  await field.fill('100000');
  await field.press('Enter');
  assert.match(
    await text(page, '[role=alert]'),
    /The offset must be a whole number from 0 to \d+, and “100000” is outside/,
  );
});

test('the reader’s own file is read in the page: a damaged one, one that is none, and one that is too large', async () => {
  const { page, complaints } = await site.visit(path);
  const kernel = new Uint8Array(await readFile(`${dist}/kernels/05-main-rs.elf`));
  await take(page, 'cut.elf', kernel.subarray(0, 200));
  await page.locator('onko-elf [data-problems]', { hasText: 'ends behind the file' }).waitFor();
  assert.match(
    await text(page, '[data-refusal]'),
    /the file is truncated; its segment 0 ends at byte \d+, but the file has 200 bytes/,
  );
  assert.match(await text(page, '[data-outline]'), /e_machine 62/);
  assert.equal(new URL(page.url()).hash, '', 'a file that only this reader has cannot be linked');

  await take(page, 'evil.elf', new TextEncoder().encode('<img src=x onerror=alert(1)>'));
  await page
    .locator('onko-elf [data-refusal]', { hasText: 'it is not an ELF file; it begins with 3c 69 6d 67' })
    .waitFor();
  assert.equal(await page.locator('onko-elf img').count(), 0);

  await take(page, 'empty.elf', new Uint8Array());
  assert.match(await text(page, '[role=alert]'), /empty\.elf is empty/);
  assert.deepEqual(complaints, []);
});

test('a large file puts no more into the page than a small one', async () => {
  const { page } = await site.visit(path);
  const folder = await mkdtemp(`${tmpdir()}/onko-large-elf-`);
  after(() => rm(folder, { recursive: true }));
  const large = new Uint8Array(40_000_000);
  large.set(await readFile(`${dist}/kernels/05-main-rs.elf`));
  await writeFile(`${folder}/large.elf`, large);
  await page.locator('onko-elf input[type=file]').setInputFiles(`${folder}/large.elf`);
  await page.locator('onko-elf [data-facts]', { hasText: '40,000,000 bytes' }).waitFor();
  await page.locator('onko-elf [name=offset]').fill('39_999_999');
  await page.locator('onko-elf [name=offset]').press('Enter');
  await page.locator('onko-elf [data-at="39999999"]').waitFor();
  assert.equal(await page.locator('onko-elf [data-at]').count(), 144, 'eight rows before it and its own');
  assert.ok((await page.locator('onko-elf *').count()) < 800);
});
