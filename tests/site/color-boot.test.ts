import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { fileBytes, findFile, readContent } from '../../src/lib/iso9660/content.ts';
import { root } from '../../tools/paths.ts';
import { boot, downloaded, openSite, screenColors, verdict } from './browser.ts';

const site = await openSite();
const path = '/part-1/main-rs/';

async function bootWith(page: Page, hex: string): Promise<void> {
  await page.locator('onko-color [name=hex]').fill(hex);
  await page.locator('onko-color [data-action=boot]').click();
}

const readBack = (page: Page) => page.locator('onko-color [data-read-back]').textContent();
const summary = (page: Page) => page.locator('onko-color [data-patch-summary]').textContent();

/** The table of instructions, a row a line. */
async function instructions(page: Page): Promise<string[]> {
  const rows = await page.locator('onko-color [data-patch] tbody tr').allInnerTexts();
  return rows.map((row) => row.replace(/\s+/g, ' ').trim());
}

test('a colour boots, comes back from video memory, and the instructions that carry it are shown', async () => {
  const { page, complaints, strays } = await site.visit(path);
  await bootWith(page, '#ff8040');
  assert.equal(await verdict(page), 'passed');
  const { colors, width, height } = await screenColors(page);
  assert.deepEqual(colors, ['255,128,64,255']);
  assert.equal(
    await readBack(page),
    `Read back from video memory: 0x00FF8040 at each of ${width} × ${height} pixels, rgb(255, 128, 64).`,
  );
  assert.match((await summary(page)) ?? '', /^3 of the kernel’s 10184 bytes differ/);
  assert.deepEqual(await instructions(page), [
    'As the ISO has them',
    '0x105a 41 B8 0C 00 00 00 mov r8d, 0xc (red)',
    '0x1067 B8 18 00 00 00 mov eax, 0x18 (green)',
    '0x1076 41 B9 21 00 00 00 mov r9d, 0x21 (blue)',
    'As they boot',
    '0x105a 41 B8 FF 00 00 00 mov r8d, 0xff (red)',
    '0x1067 B8 80 00 00 00 mov eax, 0x80 (green)',
    '0x1076 41 B9 40 00 00 00 mov r9d, 0x40 (blue)',
  ]);
  assert.deepEqual(complaints, []);
  assert.deepEqual(strays, []);
});

test('zeros, ones and equal channels boot too, and the page says why their code is another', async () => {
  const { page } = await site.visit(path);
  for (const [hex, color, why] of [
    ['#000000', '0,0,0,255', /leaves red and green and blue out/],
    ['#01ff00', '1,255,0,255', /0 shifted is still 0.*blue.*1 shifted is a single bit.*red/],
    ['#808080', '128,128,128,255', /red and green and blue are equal/],
  ] as const) {
    await bootWith(page, hex);
    await page.locator('onko-machine [data-disc-name]', { hasText: `onko-${hex.slice(1)}.iso` }).waitFor();
    assert.equal(await verdict(page), 'passed', (await page.locator('[data-verdict-text]').textContent()) ?? '');
    assert.deepEqual((await screenColors(page)).colors, [color]);
    assert.match((await page.locator('onko-color [data-patch-why]').textContent()) ?? '', why);
  }
});

test('the disc stays in through reset, and goes by the panel’s button or the widget’s reset', async () => {
  const { page } = await site.visit(path);
  const line = page.locator('onko-machine [data-disc-line]');
  assert.equal(await line.isVisible(), false);
  await bootWith(page, '#102030');
  assert.equal(await verdict(page), 'passed');
  assert.match((await line.innerText()) ?? '', /In the drive: onko-102030\.iso/);
  assert.equal(await line.evaluate((element) => element === document.activeElement), true, 'it is announced');

  await page.locator('onko-machine [data-action=reset]').click();
  assert.equal(await verdict(page), 'passed');
  assert.deepEqual((await screenColors(page)).colors, ['16,32,48,255']);

  await page.locator('[data-action="own-disc"]').click();
  assert.equal(await line.isVisible(), false);
  assert.equal(await page.locator('onko-machine').getAttribute('data-state'), 'stopped');
  assert.equal(await boot(page), 'passed');
  assert.deepEqual((await screenColors(page)).colors, ['12,24,33,255']);

  await bootWith(page, '#405060');
  await page.locator('onko-machine [data-disc-name]', { hasText: 'onko-405060.iso' }).waitFor();
  assert.equal(await verdict(page), 'passed');
  await page.locator('onko-draw [data-action=reset]').click();
  assert.match((await line.innerText()) ?? '', /onko-405060\.iso/, 'another widget leaves it in');
  await page.locator('onko-color [data-action=reset]').click();
  assert.equal(await line.isVisible(), false);
  assert.equal(await page.locator('onko-color [data-patch]').isVisible(), false);
  assert.equal(await boot(page), 'passed');
  assert.deepEqual((await screenColors(page)).colors, ['12,24,33,255']);
});

test('two presses in a row start one PC, with the later colour', async () => {
  const { page } = await site.visit(path);
  // Whatever order the answers come in: what the first press fetches comes long after what the second one does.
  let asked = 0;
  await page.route('**/manifest.json', async (route) => {
    if (++asked === 1) await new Promise((answer) => setTimeout(answer, 1500));
    await route.continue();
  });
  await bootWith(page, '#aa0000');
  await bootWith(page, '#00bb00');
  await page.locator('onko-machine [data-verdict-text]', { hasText: '0x0000BB00' }).waitFor();
  await page.waitForTimeout(2000);
  assert.equal(await verdict(page), 'passed');
  assert.equal(page.workers().length, 1);
  assert.deepEqual((await screenColors(page)).colors, ['0,187,0,255']);
});

test('another colour’s boot is no chapter done', async () => {
  const { page } = await site.visit(path);
  await bootWith(page, '#123456');
  assert.equal(await verdict(page), 'passed');
  assert.equal(await page.evaluate(() => localStorage.getItem('onko.progress.v1')), null);
});

test('the ISO and the source can be taken home, both with the colour', async () => {
  const { page } = await site.visit(path);
  await bootWith(page, '#c86432');
  assert.equal(await verdict(page), 'passed');
  const iso = await downloaded(page, page.locator('onko-machine [data-disc-download]'));
  assert.equal(iso.name, 'onko-c86432.iso');
  const original = new Uint8Array(readFileSync(`${root}/public/isos/05-main-rs.iso`));
  const kernel = findFile(readContent(iso.bytes), 'kernel.elf');
  assert.notDeepEqual(fileBytes(iso.bytes, kernel), fileBytes(original, kernel));
  assert.equal(iso.bytes.length, original.length);

  const source = await downloaded(page, page.locator('onko-color [data-action=source]'));
  assert.equal(source.name, 'onko-c86432.zip');
  const main = strFromU8(unzipSync(source.bytes)['onko_os/src/main.rs'] ?? new Uint8Array());
  assert.match(main, /red: 200,\s+green: 100,\s+blue: 50,/);
});

test('taken home with the chapter’s own colour, the source is the chapter’s download, to the byte', async () => {
  const { page } = await site.visit(path);
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const source = await downloaded(page, page.locator('onko-color [data-action=source]'));
  const chapter = readFileSync(`${root}/dist/downloads/05-main-rs.zip`);
  assert.equal(hash(source.bytes), hash(chapter));
});

test('a manifest that does not come is said so, with what to do, and the next press boots', async () => {
  const { page } = await site.visit(path);
  await page.route('**/isos/manifest.json', (route) => route.fulfill({ status: 404 }));
  await bootWith(page, '#102030');
  const alert = page.locator('onko-color [role=alert]');
  await alert.filter({ hasText: 'manifest.json could not be fetched: the server answers 404' }).waitFor();
  await page.unroute('**/isos/manifest.json');
  await bootWith(page, '#102030');
  assert.equal(await verdict(page), 'passed');
  assert.equal(await alert.textContent(), '');
});

test('the colour is kept from visit to visit, and reset forgets it', async () => {
  const { page } = await site.visit(path);
  const hex = page.locator('onko-color [name=hex]');
  await hex.fill('#a1b2c3');
  await hex.press('Enter');
  await page.goto(new URL(path, site.url).href);
  assert.equal(await hex.inputValue(), '#a1b2c3');
  await page.goto(new URL('/', site.url).href);
  await page.goto(new URL(`${path}#color=010203`, site.url).href);
  assert.equal(await hex.inputValue(), '#010203', 'a link goes first');
  await page.locator('onko-color [data-action=reset]').click();
  await page.reload();
  assert.equal(await hex.inputValue(), '#0c1821');
});

test('without JavaScript there is nothing to press', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.equal(await page.locator('onko-color [data-action=boot]').isDisabled(), true);
});
