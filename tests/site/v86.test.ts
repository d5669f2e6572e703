import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { boot, dist, openSite, pagePaths, verdict } from './browser.ts';

const site = await openSite();
const sectorPage = '/before-the-loader/';
const tripleChapter = '/part-1/config-toml/';

/** What only the 32-bit PC has. */
const of32Bit = /\/engine\/v86|SeaBIOS|v86\.wasm/;

/** Files that the page has asked for since this was called. */
function requested(page: Page): string[] {
  const urls: string[] = [];
  page.on('request', (request) => urls.push(new URL(request.url()).pathname));
  return urls;
}

const state = (page: Page) => page.locator('onko-machine').getAttribute('data-state');
const reach = (page: Page, wanted: string) =>
  page.locator(`onko-machine[data-state="${wanted}"]`).waitFor({ timeout: 30_000 });

test('the chapter’s ISO is refused by a 32-bit PC, in the loader’s words, for want of long mode', async () => {
  const { page, complaints, strays } = await site.visit(tripleChapter);
  const machine = page.locator('onko-machine');
  await machine.getByRole('radio', { name: 'a 32-bit PC' }).check();
  assert.match((await machine.locator('[data-expected]').textContent()) ?? '', /no 64-bit long mode/);
  assert.equal(await boot(page), 'passed');
  assert.match((await machine.locator('[data-serial]').textContent()) ?? '', /CPUID 0x80000001, EDX bit 29/);
  assert.match((await machine.locator('[data-text-screen]').textContent()) ?? '', /no 64-bit long mode/);
  assert.match((await machine.locator('[data-reading="cpu"]').textContent()) ?? '', /real mode\s+halted/);
  assert.equal(await page.evaluate(() => localStorage.getItem('onko:progress')?.includes('booted') ?? false), false);

  await machine.getByRole('radio', { name: 'a 64-bit PC' }).check();
  assert.equal(await state(page), 'off');
  assert.equal(await boot(page), 'passed');
  assert.match((await machine.locator('[data-serial]').textContent()) ?? '', /segment/);
  assert.deepEqual(complaints, []);
  assert.deepEqual(strays, []);
});

test('the boot sector prints, paints and shows its registers, with the text and colour of its source', async () => {
  const { page, complaints, strays } = await site.visit(sectorPage);
  assert.equal(await boot(page), 'passed');
  assert.equal(await page.locator('onko-machine').getAttribute('data-screen'), '320x200x8');
  const register = (name: string) => page.locator(`[data-register="${name}"]`).textContent();
  assert.equal(await register('di'), 'fa00');
  assert.equal(await register('es'), 'a000');
  assert.equal(await register('cs'), '0000');
  assert.equal(await register('sp'), '7c00');
  assert.deepEqual(complaints, []);
  assert.deepEqual(strays, []);
});

test('a reader’s text and colour are in the bytes, on the screen and in the address', async () => {
  const { page, complaints } = await site.visit(sectorPage);
  const widget = page.locator('onko-boot-sector');
  await widget.locator('[name=text]').fill('Warm up the old.');
  await widget.locator('[name=color]').fill('e8a33d');
  await widget.locator('[name=color]').blur();
  assert.match((await widget.locator('[data-dump]').textContent()) ?? '', /3a 28 0f {1,2}10 {1,2}57 61 72/);
  assert.match(page.url(), /#sector=e8a33d&text=Warm%20up%20the%20old\.$/);

  await widget.locator('[data-action=boot]').click();
  assert.equal(await verdict(page), 'passed');
  assert.match((await page.locator('[data-port="com1"]').textContent()) ?? '', /^Warm up the old\.$/);
  const corner = await page.locator('onko-machine canvas').evaluate((canvas) => {
    const context = (canvas as HTMLCanvasElement).getContext('2d');
    return [...(context?.getImageData(319, 199, 1, 1).data ?? [])];
  });
  assert.deepEqual(corner, [232, 160, 63, 255]);
  assert.deepEqual(complaints, []);

  const again = await site.visit(`${sectorPage}${new URL(page.url()).hash}`);
  assert.equal(await again.page.locator('onko-boot-sector [name=text]').inputValue(), 'Warm up the old.');
});

test('a text that the sector cannot hold is refused in words, and reset takes it back', async () => {
  const { page } = await site.visit(sectorPage);
  const widget = page.locator('onko-boot-sector');
  const alert = widget.getByRole('alert');
  await widget.locator('[name=text]').fill('x'.repeat(418));
  assert.match((await alert.textContent()) ?? '', /418 characters, and there is room for 417/);
  await widget.locator('[name=text]').fill('naïve');
  assert.match((await alert.textContent()) ?? '', /Character 3 of the text \(U\+00EF\)/);
  await widget.locator('[data-action=reset]').click();
  assert.equal(await alert.textContent(), '');
  assert.equal(await widget.locator('[name=text]').inputValue(), 'Hello from 512 bytes.');
});

test('the 32-bit PC can be paused, gone on with, reset and switched off', async () => {
  const { page } = await site.visit(sectorPage);
  const machine = page.locator('onko-machine');
  const press = (action: string) => machine.locator(`[data-action="${action}"]`).click();
  // In the page itself: a quick machine has come to rest before another look at it.
  await machine.evaluate((element) => {
    const click = (action: string) => element.querySelector<HTMLElement>(`[data-action="${action}"]`)?.click();
    new MutationObserver((_, observer) => {
      if (element.getAttribute('data-state') !== 'running') return;
      observer.disconnect();
      click('pause');
    }).observe(element, { attributeFilter: ['data-state'] });
    click('power');
  });
  await reach(page, 'paused');
  await press('pause');
  await reach(page, 'halted');
  await press('reset');
  assert.equal(await verdict(page), 'passed');
  await press('stop');
  await reach(page, 'stopped');
});

test('a 32-bit PC whose engine or BIOS is missing says which, and the next press tries again', async () => {
  const { page } = await site.visit(sectorPage);
  await page.route(/\/engine\/v86-bios/, (route) => route.fulfill({ status: 404 }));
  await page.locator('onko-machine [data-action="power"]').click();
  await reach(page, 'failed');
  assert.match((await page.locator('[data-fault]').textContent()) ?? '', /32-bit PC's BIOS is missing/);
  await page.unroute(/\/engine\/v86-bios/);
  assert.equal(await boot(page), 'passed');
});

test('no page fetches a byte of v86 before its 32-bit PC is asked for', async () => {
  const { page } = await site.visit('/');
  const urls = requested(page);
  const scripts = new Map<string, string>();
  for (const path of await pagePaths()) {
    urls.length = 0;
    await page.goto(new URL(path, site.url).href, { waitUntil: 'load' });
    if (path !== sectorPage)
      assert.deepEqual(
        urls.filter((url) => of32Bit.test(url)),
        [],
        path,
      );
    for (const url of urls.filter((each) => each.endsWith('.js'))) {
      if (!scripts.has(url)) scripts.set(url, await readFile(`${dist}${url}`, 'utf8'));
      assert.doesNotMatch(scripts.get(url) ?? '', /seabios|cpu_exception_hook/, `${path}: ${url}`);
    }
  }
});
