import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/config-toml/';

const field = (page: Page) => page.locator('onko-triple [name=triple]');
const alert = (page: Page) => page.locator('onko-triple [role=alert]');
const output = (page: Page, name: string) => page.locator(`onko-triple output[name=${name}]`).textContent();
const parts = (page: Page) => page.locator('onko-triple .parts .text').allTextContents();
const marks = async (page: Page) => (await page.locator('onko-triple [data-notes] .mark').allTextContents()).join(' ');

/** What is shown for the target of the tutorial. */
async function assertOurs(page: Page): Promise<void> {
  assert.deepEqual(await parts(page), ['x86_64', 'unknown', 'none', '–']);
  assert.equal((await output(page, 'panic'))?.trim(), 'aborts');
  assert.equal(await marks(page), 'fits fits fits fits fits mind fits fits');
}

test('without JavaScript the decoder shows the target of the tutorial', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  await assertOurs(page);
  assert.equal(await field(page).isDisabled(), true);
});

test('a typed name is decoded, and nothing complains', async () => {
  const { page, complaints } = await site.visit(path);
  await field(page).fill('x86_64-unknown-linux-gnu');
  assert.deepEqual(await parts(page), ['x86_64', 'unknown', 'linux', 'gnu']);
  assert.equal(await output(page, 'purpose'), 'Programs that run on Linux.');
  assert.equal(await output(page, 'panic'), 'unwinds');
  assert.equal(await marks(page), 'no fits fits mind mind mind no no');
  assert.deepEqual(complaints, []);
});

test('a target to try is decoded by its button, from the keyboard', async () => {
  const { page } = await site.visit(path);
  const button = page.locator('onko-triple [data-target=thumbv7em-none-eabihf]');
  await button.press('Enter');
  assert.deepEqual(await parts(page), ['thumbv7em', '–', 'none', 'eabihf']);
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  assert.equal(await field(page).inputValue(), 'thumbv7em-none-eabihf');
});

test('a misspelt name is named in an alert, the results stay, and the suggestion mends it', async () => {
  const { page } = await site.visit(path);
  await field(page).fill('x86_64-unkown-linux-gnu');
  assert.equal(await alert(page).textContent(), '', 'an unfinished name is not scolded at once');
  await field(page).press('Enter');
  assert.match((await alert(page).textContent()) ?? '', /no target .* did you mean x86_64-unknown-linux-gnu/);
  assert.equal(await field(page).getAttribute('aria-invalid'), 'true');
  await assertOurs(page);

  await page.locator('onko-triple [data-suggestions] button').first().click();
  assert.equal(await alert(page).textContent(), '');
  assert.equal(await field(page).getAttribute('aria-invalid'), null);
  assert.deepEqual(await parts(page), ['x86_64', 'unknown', 'linux', 'gnu']);
  assert.equal(await field(page).evaluate((element) => element === document.activeElement), true);
});

test('a target can be linked, and reset goes back to ours', async () => {
  const { page } = await site.visit(path);
  await field(page).fill('Aarch64-Apple-Darwin');
  await field(page).press('Enter');
  const link = new URL(page.url());
  assert.equal(link.hash, '#triple=aarch64-apple-darwin');

  const { page: linked } = await site.visit(path + link.hash);
  assert.deepEqual(await parts(linked), ['aarch64', 'apple', 'darwin', '–']);
  await linked.locator('onko-triple [data-action=reset]').click();
  await assertOurs(linked);
  assert.equal(new URL(linked.url()).hash, '');

  const { page: broken } = await site.visit(`${path}#triple=x86_64-unknown-nun`);
  assert.match((await alert(broken).textContent()) ?? '', /did you mean x86_64-unknown-none/);
});
