import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/linker-script/';

const one = (page: Page, selector: string) => page.locator(`onko-layout ${selector}`);
const editor = (page: Page) => one(page, '[name=script]');
/** Texts of a part of the result, once the model has been fetched and asked. */
async function texts(page: Page, selector: string): Promise<string[]> {
  await page.locator('onko-layout:not([data-busy])').waitFor();
  return one(page, selector).allTextContents();
}
const pages = (page: Page) => texts(page, '[data-picture] ol:not(.file) li');
const pieces = (page: Page) => texts(page, '[data-picture] .file li');
const faults = (page: Page) => texts(page, '[data-lessons] [data-weight=fault]');

test('without JavaScript the explorer shows the chapter’s script and where it puts the sections', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.equal((await pages(page)).length, 4);
  assert.equal(
    (await pieces(page)).join('|').replaceAll(/\s+/g, ' '),
    [
      ...['0x0 ELF and program headers 232 bytes', '0xe8 padding 3864 bytes', '0x1000 .text 4348 bytes'],
      ...[
        '0x20fc padding 3844 bytes',
        '0x3000 .rodata 1512 bytes',
        '0x35e8 padding 2584 bytes',
        '0x4000 .data 88 bytes',
      ],
    ].join('|'),
  );
  assert.match(await editor(page).inputValue(), /^ENTRY\(kmain\)$/m);
  assert.match((await one(page, '[data-tables]').textContent()) ?? '', /\.rodata0xffff_ffff_8000_20000x3000/);
  assert.equal(await editor(page).isDisabled(), true);
});

test('the layout follows the script, and a page with two permissions is named', async () => {
  const { page, complaints } = await site.visit(path);
  assert.deepEqual(await faults(page), []);
  await one(page, '[data-mistake="Forget ALIGN"]').click();
  assert.match((await faults(page)).join(), /One page cannot be R\+X and R: a loader refuses this/);
  assert.equal(await one(page, '[data-clash]').count(), 1);
  await editor(page).fill('ENTRY(kmain)\nSECTIONS { . = 0xffffffff80000000; .all : { *(.text*) *(.rodata*) } }');
  assert.match((await pages(page))[0] ?? '', /\.all/);
  assert.deepEqual(complaints, []);
});

test('base address and alignment can be typed, and a link and the reset keep their word', async () => {
  const { page } = await site.visit(path);
  await one(page, '[name=base]').fill('0x200000');
  assert.match(await editor(page).inputValue(), /\. = 0x200000;/);
  assert.match((await faults(page)).join(), /in the lower half\. A Limine loader refuses it/);
  await one(page, '[name=alignment]').fill('0x4000');
  await one(page, '[name=alignment]').blur();
  assert.match((await pages(page))[2] ?? '', /0x0000_0000_0020_4000/);
  await one(page, '[name=base]').fill('banana');
  await one(page, '[data-entry]').filter({ hasText: 'what stands there now is none' }).waitFor();
  const link = new URL(page.url());
  assert.match(link.hash, /^#layout=/);

  const { page: linked } = await site.visit(path + link.hash);
  assert.match((await pages(linked))[0] ?? '', /0x0000_0000_0020_0000/);
  await one(linked, '[data-action=reset]').click();
  assert.match((await pages(linked))[0] ?? '', /0xffff_ffff_8000_0000/);
  assert.equal(new URL(linked.url()).hash, '');
});

test('errors are named with line and column in an alert, and can be gone to', async () => {
  const { page } = await site.visit(path);
  await editor(page).fill('SECTIONS\n{\n  .text: { *(.text) }\n}\n');
  const problem = one(page, '[data-problems] li');
  await problem.waitFor();
  assert.match((await problem.textContent()) ?? '', /^Line 3, column 3: the colon has become a part of the name/);
  assert.equal(await editor(page).getAttribute('aria-invalid'), 'true');
  await one(page, '[data-problems] button').click();
  const marked = await editor(page).evaluate((field: HTMLTextAreaElement) =>
    field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0),
  );
  assert.equal(marked, '.text:');
});

test('the other kernel can be chosen', async () => {
  const { page } = await site.visit(path);
  await one(page, '[name=kernel]').selectOption('04-linker-script');
  assert.deepEqual((await pages(page)).length, 1);
  assert.match((await pieces(page)).at(-1) ?? '', /^0x1000 \.text 3 bytes$/);
  assert.match((await one(page, '[data-tables]').textContent()) ?? '', /left out: rodata, data/);
});
