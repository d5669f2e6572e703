import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/limine-conf/';

const editor = (page: Page) => page.locator('onko-conf [name=conf]');
const button = (page: Page, selector: string) => page.locator(`onko-conf button${selector}`);
const problems = (page: Page) => page.locator('onko-conf [data-problems] li').allTextContents();
const outcome = (page: Page) => page.locator('onko-conf [name=outcome]').textContent();
const screen = async (page: Page) =>
  (await page.locator('onko-conf [data-screen] span').allTextContents()).filter((row) => row.trim() !== '');

const ours = ['Onko loader 0.1.0', 'Up and Down choose, Enter boots.', '   Onko OS ', 'Booting automatically in 3...'];
const entry = (title: string) => `/${title}\nprotocol: limine\npath: boot():/${title}.elf\n`;

test('without JavaScript the preview shows the file of the chapter and its menu', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.deepEqual(await screen(page), ours);
  assert.match(await editor(page).inputValue(), /^\/Onko OS$/m);
  assert.equal(await editor(page).isDisabled(), true);
});

test('the menu follows the file while it is edited, and nothing complains', async () => {
  const { page, complaints } = await site.visit(path);
  assert.deepEqual(await screen(page), ours);
  await editor(page).fill(`timeout: no\n${entry('One')}${entry('Two')}`);
  assert.deepEqual((await screen(page)).slice(2), ['   One ', '   Two ']);
  assert.equal(await outcome(page), 'The menu stays until somebody chooses.');
  assert.deepEqual(complaints, []);
});

test('keys choose and boot, on the screen and by its buttons', async () => {
  const { page } = await site.visit(path);
  await editor(page).fill(`timeout: no\n${entry('One')}${entry('Two')}`);
  const selected = page.locator('onko-conf [data-tone=selected]');
  await page.locator('onko-conf [data-screen]').press('ArrowDown');
  assert.equal(await selected.textContent(), '   Two ');
  await button(page, '[data-key=up]').click();
  assert.equal(await selected.textContent(), '   One ');
  await page.locator('onko-conf [data-screen]').press('Enter');
  assert.equal(await outcome(page), '“One” boots: the loader loads boot():/One.elf.');
});

test('the countdown runs in seconds once switched on, boots at its end, and a key stops it', async () => {
  const { page } = await site.visit(path);
  await page.clock.install();
  await button(page, '[data-action=start]').click();
  await page.clock.runFor(1000);
  assert.deepEqual((await screen(page)).at(-1), 'Booting automatically in 2...');
  await page.clock.runFor(2000);
  assert.equal(await outcome(page), '“Onko OS” boots: the loader loads boot():/kernel.elf.');

  await button(page, '[data-action=start]').click();
  await page.keyboard.press('ArrowDown');
  await page.clock.runFor(10_000);
  assert.deepEqual(await screen(page), ours.slice(0, 3));
  assert.equal(await outcome(page), 'The countdown has stopped. Enter boots.');
});

test('what is wrong is named with line and column in an alert, is marked, and can be gone to', async () => {
  const { page } = await site.visit(path);
  await button(page, '[data-example]:text("An old file")').click();
  const said = await problems(page);
  assert.equal(said.length, 4);
  assert.equal(
    said[0],
    'Line 1, column 1: "TIMEOUT" is the old way to set an option (Limine before version 8); expected "timeout: 3".',
  );
  assert.equal(await page.locator('onko-conf [data-wrong]').count(), 4);
  assert.equal(await editor(page).getAttribute('aria-invalid'), 'true');
  assert.match((await screen(page)).join(), /^Bad configuration: \/limine\.conf, line 1: "TIMEOUT"/);
  assert.equal(await button(page, '[data-action=start]').isDisabled(), true);

  await page.locator('onko-conf [data-problems] button').nth(2).click();
  const marked = () =>
    editor(page).evaluate((field: HTMLTextAreaElement) =>
      field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0),
    );
  assert.equal(await marked(), 'PROTOCOL=limine');

  await editor(page).fill(entry('Mended'));
  assert.deepEqual(await problems(page), []);
  assert.equal(await editor(page).getAttribute('aria-invalid'), 'false');
});

test('a file can be linked, and reset goes back to the chapter’s', async () => {
  const { page } = await site.visit(path);
  await editor(page).fill(entry('Linked'));
  await editor(page).blur();
  const link = new URL(page.url());
  assert.match(link.hash, /^#conf=/);

  const { page: linked } = await site.visit(path + link.hash);
  assert.equal((await screen(linked))[2], '   Linked ');
  await button(linked, '[data-action=reset]').click();
  assert.deepEqual(await screen(linked), ours);
  assert.equal(new URL(linked.url()).hash, '');
});
