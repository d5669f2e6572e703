import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { readExperiments } from '../../kernel/pipeline/experiment-files.ts';
import { openSite } from './browser.ts';

const site = await openSite();
const page5 = '/part-1/main-rs/';

/** Opens a card and boots its disc in it. Returns the verdict and its words. */
async function bootCard(page: Page, name: string): Promise<{ verdict: string | null; words: string }> {
  const card = page.locator(`#break-${name}`);
  await card.locator('summary').first().click();
  await card.locator('summary', { hasText: 'What really happens' }).click();
  await card.locator('[data-boot]').click();
  await card.locator('onko-machine:is([data-verdict="passed"], [data-verdict="failed"])').waitFor({ timeout: 60_000 });
  const machine = card.locator('onko-machine');
  return {
    verdict: await machine.getAttribute('data-verdict'),
    words: (await machine.locator('[data-verdict-text]').textContent()) ?? '',
  };
}

test('a triple fault stops the machine, and the page names exception, address and function', async () => {
  const { page, complaints } = await site.visit(page5);
  const { verdict, words } = await bootCard(page, 'null-read');
  assert.equal(verdict, 'passed', words);
  assert.match(words, /^As recorded\./);
  assert.match(words, /page fault, #PF \(vector 14, error code 0x0\) at RIP 0xffff_ffff_8000_[\da-f]{4}, in kmain/);
  assert.match(words, /about the address 0x0000_0000_0000_0000/);
  assert.deepEqual(complaints, []);
});

test('the page has one machine besides its own: the next card takes the place of the last', async () => {
  const { page } = await site.visit(page5);
  assert.equal(await page.locator('onko-machine').count(), 1);
  assert.equal((await bootCard(page, 'red-blue')).verdict, 'passed');
  const { verdict, words } = await bootCard(page, 'three-bytes');
  assert.equal(verdict, 'passed', words);
  assert.match(words, /4 colours/);
  assert.equal(await page.locator('onko-machine').count(), 2);
  assert.equal(await page.locator('#break-red-blue [data-boot]').isVisible(), true, 'it can be booted again');
});

test('a loader that refuses, a kernel that runs in a circle and a PC without 64 bits are as recorded', async () => {
  const cases = [
    ['/part-1/limine-conf/', 'path-case', /upper and lower case count/],
    [page5, 'spin', /runs in a circle in kmain/],
    ['/part-1/config-toml/', 'old-cpu', /no 64-bit long mode/],
    ['/part-1/makefile/', 'iso-no-b', /sleeps for good/],
  ] as const;
  for (const [path, name, says] of cases) {
    const { page } = await site.visit(path);
    const { verdict, words } = await bootCard(page, name);
    assert.equal(verdict, 'passed', words);
    assert.match(words, says);
  }
});

test('a guess is judged, and the right one opens the answer', async () => {
  const { page } = await site.visit(page5);
  const card = page.locator('#break-red-blue');
  await card.locator('summary').first().click();
  const answer = card.locator('onko-question details');
  await card.getByText('A bright blue.').click();
  await card.getByRole('button', { name: 'Check' }).click();
  assert.match((await card.locator('.outcome').textContent()) ?? '', /Not this one/);
  assert.equal(await answer.evaluate((element) => (element as HTMLDetailsElement).open), false);
  await card.locator('label', { hasText: 'A dark brown.' }).click();
  await card.getByRole('button', { name: 'Check' }).click();
  assert.equal(await answer.evaluate((element) => (element as HTMLDetailsElement).open), true);
});

test('a link from the index opens its card', async () => {
  const { page } = await site.visit('/experiments/');
  const wanted = readExperiments().filter(({ control }) => !control).length;
  assert.equal(await page.locator('main li > a[href*="#break-"]').count(), wanted);
  await page.locator('a[href$="#break-null-read"]').click();
  await page.locator('#break-null-read > details[open]').waitFor();
  assert.equal(await page.locator('#break-null-read [data-boot]').count(), 1);
});

test('without JavaScript everything is there to read, and nothing that needs it', async () => {
  const { page } = await site.visit(page5, { javaScriptEnabled: false });
  // With keys: before it clicks, the driver waits for pictures to be drawn, of which Firefox does not tell where scripts are off.
  const card = page.locator('#break-no-mangle-old');
  await card.locator('summary').first().press('Enter');
  await card.locator('summary', { hasText: 'What really happens' }).press('Enter');
  assert.equal(await card.getByText('unsafe attribute used without unsafe').first().isVisible(), true);
  const other = page.locator('#break-one-row-more');
  await other.locator('summary').first().press('Enter');
  await other.locator('summary', { hasText: 'What really happens' }).press('Enter');
  assert.equal(await other.getByText('Triple fault. First: page fault').first().isVisible(), true);
  assert.equal(await other.locator('[data-boot]').isVisible(), false);
  assert.equal(await other.locator('a[download]').isVisible(), true);
});
