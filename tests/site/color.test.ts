import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/main-rs/';
const names = ['u32-hex', 'u32-dec', 'bits', 'bytes'] as const;

/** What the encoder shows, as text. */
async function results(page: Page): Promise<Record<(typeof names)[number], string | null>> {
  const read = (name: string) => page.locator(`onko-color output[name="${name}"]`).textContent();
  return {
    'u32-hex': await read('u32-hex'),
    'u32-dec': await read('u32-dec'),
    bits: await read('bits'),
    bytes: await read('bytes'),
  };
}

const onko = {
  'u32-hex': '0x000C1821',
  'u32-dec': '792609',
  bits: '00000000 00001100 00011000 00100001',
  bytes: '21 18 0C 00',
};

function field(page: Page, name: string) {
  return page.locator(`onko-color [name="${name}"]`);
}

test('without JavaScript the colour encoder shows the colour of Part 1', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.deepEqual(await results(page), onko);
  assert.equal(await field(page, 'r').isDisabled(), true);
});

test('fields, sliders, picker and hex entry stay in step, and nothing complains', async () => {
  const { page, complaints } = await site.visit(path);
  await field(page, 'r').fill('0xFF');
  assert.deepEqual(await results(page), {
    'u32-hex': '0x00FF1821',
    'u32-dec': '16717857',
    bits: '00000000 11111111 00011000 00100001',
    bytes: '21 18 FF 00',
  });
  assert.equal(await field(page, 'hex').inputValue(), '#ff1821');
  assert.equal(await field(page, 'picker').inputValue(), '#ff1821');
  assert.equal(await page.locator('onko-color input[type=range]').first().inputValue(), '255');

  await field(page, 'hex').fill('#abc');
  assert.equal((await results(page))['u32-hex'], '0x00AABBCC');
  await page.locator('onko-color input[type=range]').first().press('ArrowRight');
  assert.equal(await field(page, 'r').inputValue(), '171');
  await field(page, 'picker').fill('#102030');
  assert.deepEqual(
    [await field(page, 'r').inputValue(), await field(page, 'g').inputValue(), await field(page, 'b').inputValue()],
    ['16', '32', '48'],
  );
  assert.equal(
    await page.locator('onko-color [data-rust]').textContent(),
    'const BACKGROUND: Color = Color { red: 16, green: 32, blue: 48 };',
  );
  assert.deepEqual(complaints, []);
});

test('BGR order swaps red and blue in the word and in memory, and leaves the Rust line alone', async () => {
  const { page } = await site.visit(path);
  await field(page, 'order').selectOption('bgr');
  assert.deepEqual(await results(page), {
    'u32-hex': '0x0021180C',
    'u32-dec': '2168844',
    bits: '00000000 00100001 00011000 00001100',
    bytes: '0C 18 21 00',
  });
  assert.equal(
    await page.locator('onko-color [data-rust]').textContent(),
    'const BACKGROUND: Color = Color { red: 12, green: 24, blue: 33 };',
  );
});

test('at 16 bits per pixel the rounding is shown, masks can be set by hand, and wrong ones are named', async () => {
  const { page, complaints } = await site.visit(path);
  const shown = async (selector: string) => ((await page.locator(`onko-color ${selector}`).textContent()) ?? '').trim();
  await field(page, 'layout').selectOption('565');
  assert.deepEqual(await results(page), {
    'u32-hex': '0x08C4',
    'u32-dec': '2244',
    bits: '00001 000110 00100',
    bytes: 'C4 08',
  });
  assert.equal(await shown('[data-term=red] [data-part=rounding]'), '12 × 31 / 255 = 1.46, so 1');
  assert.equal(await shown('output[name=shown]'), '8, 24, 33');
  assert.equal(await shown('[data-top]'), '15');

  await page.locator('onko-color .masks summary').click();
  assert.equal(await field(page, 'red_mask_shift').inputValue(), '11');
  await field(page, 'red_mask_size').fill('6');
  assert.match(await shown('[role=alert]'), /^Red has 6 bits from bit 11 up.*bits 0 to 15/);
  await field(page, 'red_mask_size').fill('4');
  assert.equal(await shown('[role=alert]'), '');
  assert.equal(await field(page, 'layout').inputValue(), 'own');
  assert.equal((await results(page)).bits, '0 0001 000110 00100');
  await field(page, 'red_mask_size').press('Enter');
  const { hash } = new URL(page.url());
  assert.equal(hash, '#color=0c1821&bpp=16&masks=4/11,6/5,5/0');

  const { page: linked } = await site.visit(path + hash);
  assert.equal((await results(linked)).bits, '0 0001 000110 00100');
  assert.equal(await field(linked, 'green_mask_size').isVisible(), true, 'masks of one’s own are opened');
  await linked.locator('onko-color [data-action=reset]').click();
  assert.deepEqual(await results(linked), onko);
  await field(linked, 'layout').selectOption('24');
  assert.equal((await results(linked)).bytes, '21 18 0C');
  assert.deepEqual(complaints, []);
});

test('a bad entry is named in an alert, the results stay, and mending it clears the alert', async () => {
  const { page } = await site.visit(path);
  const alert = page.locator('onko-color [role=alert]');
  await field(page, 'g').fill('300');
  assert.match((await alert.textContent()) ?? '', /^Green must be a whole number from 0 to 255, and “300”/);
  assert.equal(await field(page, 'g').getAttribute('aria-invalid'), 'true');
  assert.deepEqual(await results(page), onko);

  await field(page, 'g').fill('24');
  assert.equal(await alert.textContent(), '');
  assert.equal(await field(page, 'g').getAttribute('aria-invalid'), null);

  // Within one task of the page, as a slow computer may take longer than the widget's patience lasts.
  const atOnce = await field(page, 'hex').evaluate((input: HTMLInputElement) => {
    input.value = '#0c18';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    return input.closest('onko-color')?.querySelector('[role=alert]')?.textContent;
  });
  assert.equal(atOnce, '', 'an unfinished entry is not scolded at once');
  await field(page, 'hex').fill('#0c19');
  await field(page, 'hex').press('Enter');
  assert.match((await alert.textContent()) ?? '', /six hexadecimal digits/);
});

test('a setting can be linked, and reset goes back to the colour of Part 1', async () => {
  const { page } = await site.visit(path);
  await field(page, 'hex').fill('#ff8000');
  await field(page, 'order').selectOption('bgr');
  const link = new URL(page.url());
  assert.equal(link.hash, '#color=ff8000&order=bgr');

  const { page: linked } = await site.visit(path + link.hash);
  assert.equal((await results(linked))['u32-hex'], '0x000080FF');
  assert.equal(await field(linked, 'order').inputValue(), 'bgr');
  await linked.locator('onko-color [data-action=reset]').click();
  assert.deepEqual(await results(linked), onko);
  assert.equal(new URL(linked.url()).hash, '');

  const { page: broken } = await site.visit(`${path}#color=12345`);
  assert.match((await broken.locator('onko-color [role=alert]').textContent()) ?? '', /“12345”/);
});

test('the copy button gives the Rust line', async () => {
  const { page } = await site.visit(path, { permissions: ['clipboard-read', 'clipboard-write'] });
  const button = page.locator('onko-color [data-action=copy]');
  await button.click();
  await page.waitForFunction(
    () => document.querySelector('onko-color [data-action=copy]')?.textContent === 'Copied',
    undefined,
    { timeout: 5000 },
  );
  assert.equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    'const BACKGROUND: Color = Color { red: 12, green: 24, blue: 33 };',
  );
});
