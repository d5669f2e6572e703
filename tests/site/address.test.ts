import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';
import { openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/linker-script/';
const { isos } = JSON.parse(await readFile(`${root}/public/isos/manifest.json`, 'utf8')) as Manifest;
const kernel = isos.find((iso) => iso.chapter === '04-linker-script')?.kernel;
const kmain = kernel?.symbols.find(({ name }) => name === 'kmain');

async function text(page: Page, selector: string): Promise<string> {
  return ((await page.locator(`onko-address ${selector}`).textContent()) ?? '').trim();
}

/** What the address's parts say, from the top down. */
function meanings(page: Page): Promise<string[]> {
  return page.locator('onko-address .parts .meaning').allTextContents();
}

const lastGibibytes = [
  'copies of bit 47?',
  'entry 511 of 512',
  'entry 510 of 512',
  'entry 0 of 512',
  'entry 0 of 512',
  'byte 0 of 4096',
];

test('without JavaScript the address explorer shows the first address of the last 2 GiB', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.deepEqual(await meanings(page), lastGibibytes);
  assert.equal(await text(page, 'output[name=canonical]'), 'yes');
  assert.equal(await text(page, 'output[name=region]'), 'higher half');
  assert.equal(await page.locator('onko-address [name=address]').isDisabled(), true);
});

test('an address is taken apart as it is typed, to the last of its 64 bits', async () => {
  const { page, complaints } = await site.visit(path);
  const field = page.locator('onko-address [name=address]');
  await field.fill('7fff_ffff_ffff');
  assert.equal(await text(page, 'output[name=region]'), 'lower half');
  assert.equal(
    await text(page, '[data-borders]'),
    'about 128 TiB above the start of the lower half, 1 byte below its end',
  );
  await field.fill('0x800000000000');
  assert.equal(await text(page, 'output[name=canonical]'), 'no');
  assert.match(await text(page, '[data-why]'), /Bits 63 to 47 must be all equal, and they are 0{16}1\./);
  assert.equal(await text(page, 'output[name=region]'), 'hole');

  await page.locator('onko-address [name=levels]').selectOption('5');
  assert.equal(await text(page, 'output[name=canonical]'), 'yes');
  assert.equal((await meanings(page)).length, 7);
  assert.equal(await field.inputValue(), '0x0000_8000_0000_0000');
  await field.fill('0xffff_ffff_ffff_ffff');
  assert.equal((await meanings(page)).at(-1), 'byte 4095 of 4096');
  assert.deepEqual(complaints, []);
});

test('an address within the chapter’s kernel is named', async () => {
  assert.ok(kmain);
  const { page } = await site.visit(path);
  await page.locator('onko-address [name=address]').fill(`0x${(BigInt(kmain.address) + 1n).toString(16)}`);
  assert.equal(await text(page, 'output[name=symbol]'), 'kmain + 1');
  await page.getByRole('button', { name: 'Top of the lower half' }).click();
  assert.equal(await text(page, 'output[name=symbol]'), 'none');
});

test('what is no address is named in an alert, and mending it clears the alert', async () => {
  const { page } = await site.visit(path);
  const field = page.locator('onko-address [name=address]');
  await field.fill('0xkmain');
  assert.match(await text(page, '[role=alert]'), /“0xkmain” is not an address/);
  await field.fill('1_ffff_ffff_8000_0000');
  assert.match(await text(page, '[role=alert]'), /has 65 bits; an address has at most 64/);
  assert.deepEqual(await meanings(page), lastGibibytes, 'the result is of the last address that was one');
  await field.fill('0x1000');
  assert.equal(await text(page, '[role=alert]'), '');
});

test('an address can be linked, and reset goes back to the last 2 GiB', async () => {
  const { page } = await site.visit(`${path}#address=0x200000&levels=4`);
  assert.equal(await text(page, 'output[name=region]'), 'lower half');
  await page.locator('onko-address [data-action=reset]').click();
  assert.deepEqual(await meanings(page), lastGibibytes);
  assert.equal(new URL(page.url()).hash, '');
  await page.getByRole('button', { name: 'One more' }).click();
  assert.equal(new URL(page.url()).hash, '#address=0x800000000000&levels=4');
});
