import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { readIso } from '../../src/lib/iso9660/read.ts';
import type { XorrisoRecord } from '../../src/lib/xorriso.ts';
import { dist, openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/makefile/';
const bytes = new Uint8Array(readFileSync(`${dist}/isos/07-makefile.iso`));
const disc = readIso(bytes);
const catalogue = (disc.catalogue?.sector ?? 0) * 2048;
const record = JSON.parse(readFileSync(`${dist}/isos/xorriso.json`, 'utf8')) as XorrisoRecord;
const hex = (value: number) => `0x${value.toString(16)}`;

async function text(page: Page, selector: string): Promise<string> {
  return ((await page.locator(selector).first().textContent()) ?? '').replaceAll(/\s+/g, ' ').trim();
}

/** The names of the fields that are chosen and open, from the outermost in. */
function opened(page: Page): Promise<string[]> {
  return page.locator('onko-iso .outline :is([aria-expanded=true], [aria-selected=true]) .name').allTextContents();
}

/** The line of the outline that is chosen, once the file is there: it is fetched when it is first touched. */
async function chosen(page: Page, name: string): Promise<void> {
  await page.locator('onko-iso .outline [aria-selected=true] .name', { hasText: name }).waitFor();
}

test('without JavaScript there are the disc’s fields, files and bytes, every option’s text, and the verdicts', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  const explorer = await text(page, 'onko-iso');
  for (const words of ['primary volume descriptor', 'boot catalogue', 'kernel.elf', 'limine.conf']) {
    assert.ok(explorer.includes(words), words);
  }
  assert.equal(await page.locator('onko-xorriso [role=tabpanel]:visible').count(), record.options.length);
  assert.equal(await page.locator('onko-xorriso [role=tab]:enabled').count(), 0);
  assert.match(
    await text(page, 'onko-iso [data-ways]'),
    /CD, BIOS: bootsIt loads 2,048 bytes of \/boot\/limine-bios-cd\.bin/,
  );
});

test('a line leads to its bytes, a byte to its line, and a file to its first byte', async () => {
  const { page, complaints, strays } = await site.visit(path);
  await page.locator('onko-iso .outline [role=treeitem]', { hasText: /^boot catalogue/ }).click();
  await chosen(page, 'boot catalogue');
  assert.deepEqual(await opened(page), ['boot catalogue']);
  assert.match(await text(page, 'onko-iso [data-chosen]'), new RegExp(`bytes ${hex(catalogue)} to`));
  await page.locator(`onko-iso [data-at="${catalogue + 30}"]`).click();
  assert.deepEqual(await opened(page), ['boot catalogue', 'validation entry', 'key bytes']);
  await page.keyboard.press('ArrowDown');
  assert.deepEqual(await opened(page), ['boot catalogue', 'initial entry', 'unused']);
  await page.locator('onko-iso [data-files] button', { hasText: 'kernel.elf' }).click();
  assert.deepEqual(await opened(page), ['file /kernel.elf']);
  assert.match(await text(page, 'onko-iso [data-hex] tr:first-child .letters, onko-iso [data-hex]'), /ELF/);
  assert.deepEqual([complaints, strays], [[], []]);
});

test('bytes can be linked, and reset goes back to the first line', async () => {
  const { page } = await site.visit(`${path}#iso=07-makefile&at=${hex(17 * 2048 + 71)}&bytes=4`);
  await chosen(page, 'boot catalogue');
  assert.deepEqual(await opened(page), ['boot record', 'boot catalogue']);
  await page.locator('onko-iso [data-action=reset]').click();
  assert.equal(new URL(page.url()).hash, '');
  assert.equal((await opened(page)).length, 1);
});

test('a reader’s own image is read in the page, with what is wrong with it, and whether it boots', async () => {
  const { page, strays } = await site.visit(path);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${request.postData() ?? request.url()}`));
  const damaged = bytes.slice();
  damaged[catalogue + 32] = 0;
  damaged[16 * 2048 + 80] = 1;
  await page.locator('onko-iso input[type=file]').setInputFiles({
    name: 'mine.iso',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(damaged),
  });
  await page.locator('onko-iso [data-problems] li').first().waitFor();
  assert.match(
    await text(page, 'onko-iso [data-problems]'),
    /volume space size at byte 0x8050: says 1 with the little end first/,
  );
  await page.locator('onko-iso [data-problems] button').first().click();
  assert.deepEqual(await opened(page), ['primary volume descriptor', 'volume space size']);
  await page.locator('onko-iso [data-ways]', { hasText: 'not 0x88: not bootable' }).waitFor();
  assert.match(await text(page, 'onko-iso [data-ways]'), /CD, BIOS: does not bootThe entry’s boot indicator is 0x0/);
  assert.deepEqual(
    asked.filter((request) => !/^GET \S+\.(js|svg)$/.test(request)),
    [],
    'nothing is asked for, and nothing sent',
  );

  await page.locator('onko-iso input[type=file]').setInputFiles({
    name: 'notes.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('no image at all'),
  });
  await page.locator('onko-iso [data-problems]', { hasText: 'the image ends after 15 bytes' }).waitFor();
  assert.match(await text(page, 'onko-iso [data-ways]'), /no volume descriptor of ISO 9660 in sector 16/);
  assert.deepEqual(strays, []);
});

test('an option shows what it does by pointing, by keyboard and by link, and its bytes are marked in the ISO explorer', async () => {
  const { page, complaints } = await site.visit(`${path}#xorriso=-boot-load-size`);
  const panel = page.locator('onko-xorriso [role=tabpanel]:visible');
  assert.match((await panel.textContent()) ?? '', /how much of the boot file is to be loaded/);
  await page.locator('onko-xorriso [role=tab][data-option="-J"]').hover();
  assert.match((await panel.textContent()) ?? '', /Adds Joliet/);
  assert.equal(new URL(page.url()).hash, '#xorriso=-boot-load-size', 'pointing alone is not kept');
  await page.locator('onko-xorriso [role=tab][data-option="-J"]').click();
  assert.equal(new URL(page.url()).hash, '#xorriso=-J');
  await page.keyboard.press('ArrowRight');
  assert.match((await panel.textContent()) ?? '', /Names the file that a BIOS is to load/);
  await page.keyboard.press('ArrowLeft');

  await panel.locator('button', { hasText: 'Joliet volume descriptor' }).first().click();
  await page.locator('onko-iso .outline [aria-selected=true]', { hasText: 'Joliet volume descriptor' }).waitFor();
  const marked = page.locator('onko-iso [data-hex] [data-marked]');
  assert.deepEqual(
    await marked.evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-at')) >= 18 * 2048)),
    Array.from({ length: 128 }, () => true),
    'all of the descriptor that is in sight, and nothing else',
  );
  assert.ok((await page.locator('onko-iso .outline [data-marked]').count()) > 0);
  await page.locator('onko-xorriso [data-action=reset]').click();
  assert.equal(new URL(page.url()).hash, '');
  assert.deepEqual(complaints, []);
});

test('the decoder shows the command of the Makefile, and every option’s recorded bytes', async () => {
  const { page } = await site.visit(path);
  assert.deepEqual(
    await page
      .locator('onko-xorriso [role=tab]')
      .evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('data-option'))),
    record.options.map(({ name }) => name),
  );
  const marks = await page
    .locator('onko-xorriso [role=tabpanel]')
    .evaluateAll((panels) => panels.map((panel) => panel.getAttribute('data-marks')));
  assert.deepEqual(
    marks,
    record.options.map(({ image }) =>
      [...(image?.made ?? []), ...(image?.changed ?? [])].map(({ offset, length }) => `${offset}+${length}`).join(),
    ),
  );
});
