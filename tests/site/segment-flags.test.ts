import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/linker-script/';

function field(page: Page, name: string) {
  return page.locator(`onko-flags input[name="${name}"]`);
}

async function text(page: Page, selector: string): Promise<string> {
  return ((await page.locator(`onko-flags ${selector}`).textContent()) ?? '').trim();
}

/** The flags in every form in which the widget shows them. */
async function shown(page: Page): Promise<unknown[]> {
  const values = ['expression', 'number', 'letters'].map((name) => field(page, name).inputValue());
  const checked = ['read', 'write', 'execute'].map((name) => field(page, name).isChecked());
  const outputs = ['present', 'writable', 'no-execute'].map((name) => text(page, `output[name=${name}]`));
  return [...(await Promise.all(checked)), ...(await Promise.all(values)), (await Promise.all(outputs)).join('')];
}

const code = [true, false, true, 'FLAGS((1 << 0) | (1 << 2))', '5', 'R E', '100'];
const data = [true, true, false, 'FLAGS((1 << 1) | (1 << 2))', '6', 'RW', '111'];

test('without JavaScript the segment flags are those of code', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.deepEqual(await shown(page), code);
  assert.equal(await field(page, 'read').isDisabled(), true);
});

test('switches, expression, number and letters stay in step', async () => {
  const { page, complaints } = await site.visit(path);
  await field(page, 'execute').uncheck();
  await field(page, 'write').check();
  assert.deepEqual(await shown(page), data);
  assert.equal(await page.locator('onko-flags [name=entry]').inputValue(), '0x8000_0000_0000_0003');
  await field(page, 'number').fill('0x5');
  await field(page, 'number').press('Enter');
  assert.deepEqual(await shown(page), code);
  await field(page, 'letters').fill('rw-');
  await field(page, 'letters').press('Enter');
  assert.deepEqual(await shown(page), data);
  await field(page, 'entry').fill('0x200061');
  await field(page, 'entry').press('Enter');
  assert.deepEqual(await shown(page), code);
  await field(page, 'entry').fill('8000000000200063');
  await field(page, 'entry').press('Enter');
  assert.deepEqual(await shown(page), data);
  await field(page, 'expression').fill('FLAGS(4 | 1)');
  await field(page, 'expression').press('Enter');
  assert.deepEqual(await shown(page), code);
  assert.deepEqual(complaints, []);
});

test('writable and executable at once is warned of, and the warning goes with its cause', async () => {
  const { page } = await site.visit(path);
  assert.equal(await text(page, '[data-warning]'), '');
  await field(page, 'write').check();
  assert.match(await text(page, '[data-warning]'), /^Writable and executable at once/);
  await page.getByRole('button', { name: 'rodata: R' }).click();
  assert.equal(await text(page, '[data-warning]'), '');
  assert.equal(await field(page, 'number').inputValue(), '4');
});

test('what are no flags is named in an alert, and mending it clears the alert', async () => {
  const { page } = await site.visit(path);
  await field(page, 'number').fill('8');
  assert.match(await text(page, '[role=alert]'), /from 0 to 7.*“8” is 8/);
  assert.equal(await field(page, 'number').getAttribute('aria-invalid'), 'true');
  await field(page, 'number').fill('6');
  assert.equal(await text(page, '[role=alert]'), '');
});

test('flags can be linked, and reset goes back to those of code', async () => {
  const { page } = await site.visit(`${path}#flags=6`);
  assert.deepEqual(await shown(page), data);
  await page.locator('onko-flags [data-action=reset]').click();
  assert.deepEqual(await shown(page), code);
  assert.equal(new URL(page.url()).hash, '');
  await field(page, 'execute').uncheck();
  assert.equal(new URL(page.url()).hash, '#flags=4');
});
