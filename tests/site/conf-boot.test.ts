import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { fileBytes, findFile, readContent } from '../../src/lib/iso9660/content.ts';
import { downloaded, openSite, screenColors, verdict } from './browser.ts';

const site = await openSite();
const path = '/part-1/limine-conf/';
const entry = (title: string) => `/${title}\n    protocol: limine\n    path: boot():/kernel.elf\n`;

async function bootWith(page: Page, text: string): Promise<void> {
  await page.locator('onko-conf textarea').fill(text);
  await page.locator('onko-conf [data-action=boot]').click();
}

const findings = async (page: Page) => (await page.locator('[data-verdict-text]').textContent()) ?? '';

test('a changed limine.conf gives its own menu: countdown, arrow keys, Enter, and then the colour', async () => {
  const { page, complaints, strays } = await site.visit(path);
  await bootWith(page, `timeout: 30\n\n${entry('First of mine')}\n${entry('Second of mine')}`);
  const screen = page.locator('[data-text-screen]');
  await screen.filter({ hasText: 'Booting automatically in' }).waitFor({ state: 'attached', timeout: 30_000 });
  assert.match((await screen.textContent()) ?? '', /First of mine\s+Second of mine/);
  const focused = await page.evaluate(() => document.activeElement?.localName);
  assert.equal(focused, 'canvas', 'the keyboard is the menu’s');

  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(
    () => !document.querySelector('[data-text-screen]')?.textContent.includes('Booting automatically'),
  );
  await page.keyboard.press('Enter');
  assert.equal(await verdict(page), 'passed', await findings(page));
  assert.match(await findings(page), /The menu offered “First of mine” and a countdown from 30/);
  assert.deepEqual((await screenColors(page)).colors, ['12,24,33,255']);
  assert.deepEqual(complaints, []);
  assert.deepEqual(strays, []);
});

test('left alone the countdown boots; timeout: no waits, with keys on the screen; timeout: 0 shows no menu', async () => {
  const { page } = await site.visit(path);
  await bootWith(page, `timeout: 1\n${entry('Quick')}`);
  assert.equal(await verdict(page), 'passed', await findings(page));

  await bootWith(page, `timeout: no\n${entry('Patient')}`);
  await page.locator('[data-text-screen]', { hasText: 'Patient' }).waitFor({ state: 'attached' });
  await page.locator('[data-menu-keys]').waitFor();
  await page.locator('[data-key=Enter]').click();
  assert.equal(await verdict(page), 'passed', await findings(page));
  assert.match(await findings(page), /“Patient” and waited for Enter/);

  await bootWith(page, `timeout: 0\n${entry('Hidden')}`);
  await page.locator('[data-expected]', { hasText: /^Every pixel/ }).waitFor({ state: 'attached' });
  assert.equal(await verdict(page), 'passed', await findings(page));
});

test('a wrong file boots as far as the loader takes it, and its words are those that the page promised', async () => {
  const { page } = await site.visit(path);
  await bootWith(page, `timeout: 3\n/Onko OS\n    protokol: limine\n`);
  await page.locator('[data-expected]', { hasText: /refuses to boot.*line 3/ }).waitFor({ state: 'attached' });
  assert.equal(await verdict(page), 'passed', await findings(page));

  await bootWith(page, `timeout: 0\n/Onko OS\n    protocol: limine\n    path: boot():/Kernel.elf\n`);
  await page.locator('[data-text-screen]', { hasText: 'file not found' }).waitFor({ state: 'attached' });
  assert.equal(await page.locator('onko-machine').getAttribute('data-verdict'), '', 'nothing was promised');
});

test('the file is kept from visit to visit, taken home as ISO and as source, and reset takes it all back', async () => {
  const { page } = await site.visit(path);
  const mine = `timeout: 0\n# mine\n${entry('Kept')}`;
  const editor = page.locator('onko-conf textarea');
  const original = await editor.inputValue();
  await bootWith(page, mine);
  assert.equal(await verdict(page), 'passed', await findings(page));

  const iso = await downloaded(page, page.locator('[data-disc-download]'));
  assert.equal(iso.name, 'onko-my-menu.iso');
  const onDisc = fileBytes(iso.bytes, findFile(readContent(iso.bytes), 'limine.conf'));
  assert.equal(new TextDecoder().decode(onDisc), mine);
  const source = await downloaded(page, page.locator('onko-conf [data-action=source]'));
  assert.equal(strFromU8(unzipSync(source.bytes)['onko_os/limine.conf'] ?? new Uint8Array()), mine);

  await page.goto(new URL(path, site.url).href);
  assert.equal(await editor.inputValue(), mine);
  await page.locator('onko-conf [data-action=reset]').click();
  assert.equal(await editor.inputValue(), original);
  await page.reload();
  assert.equal(await editor.inputValue(), original);
  assert.equal(await page.evaluate(() => localStorage.getItem('onko.kept.v1')), null);
});

test('an ISO that does not come is said so, and the machine can be powered on all the same', async () => {
  const { page } = await site.visit('/about/machine/');
  await page.route('**/isos/*.iso', (route) => route.fulfill({ status: 404 }));
  await page.goto(new URL(path, site.url).href);
  await page.locator('onko-conf [data-action=boot]').click();
  await page.locator('[data-boot-problem]', { hasText: '404' }).waitFor();
  await page.unroute('**/isos/*.iso');
  await page.locator('onko-machine [data-action=power]').click();
  assert.equal(await verdict(page), 'passed');
});
