import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openSite } from './browser.ts';

const site = await openSite();
const path = '/part-1/main-rs/';

function field(page: Page, name: string) {
  return page.locator(`onko-pixel [name="${name}"]`);
}

async function enter(page: Page, values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await field(page, name).fill(value);
}

async function text(page: Page, selector: string): Promise<string> {
  return ((await page.locator(`onko-pixel ${selector}`).textContent()) ?? '').trim();
}

/** Whether the two pictures look the same. */
function alike(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const [right, wrong] = [...document.querySelectorAll<HTMLCanvasElement>('onko-pixel canvas')];
    return right !== undefined && right.toDataURL() === wrong?.toDataURL();
  });
}

test('without JavaScript the pixel explorer shows a pixel of a laptop’s screen, and both pictures', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.equal(await text(page, 'output[name=offset]'), '275600');
  assert.equal(await text(page, 'output[name=offset-hex]'), '0x43490');
  assert.equal(await text(page, '.grid [aria-pressed=true]'), '+400');
  assert.equal(await text(page, '.strip [aria-current] small >> nth=0'), '275600');
  assert.equal(await field(page, 'x').isDisabled(), true);
  assert.equal(await page.locator('onko-pixel canvas[style*="data:image/png"]').count(), 2);
});

test('the offset follows the six numbers, in the ways Rust writes them', async () => {
  const { page, complaints } = await site.visit(path);
  await enter(page, { width: '1_024', height: '768', bpp: '32', pitch: '0x1000', x: '5', y: '3' });
  assert.equal(await text(page, 'output[name=offset]'), '12308');
  assert.equal(await text(page, 'output[name=offset-hex]'), '0x3014');
  assert.equal(await text(page, '[data-numbers]'), '3 * 4096 + 5 * 4');
  assert.equal(await alike(page), true, 'without padding the mistake is invisible');

  await enter(page, { pitch: '4100' });
  assert.equal(await text(page, 'output[name=offset]'), '12320');
  assert.equal(await text(page, '[data-padding]'), '4 bytes');
  assert.equal(await text(page, '[data-landing]'), 'that is pixel (2, 3)');
  assert.equal(await alike(page), false, 'with padding it is not');

  await enter(page, { bpp: '24' });
  assert.equal(await text(page, '[data-bytes]'), '12315 to 12317');
  assert.equal(await text(page, '.strip [aria-current] .bytes'), 'BGR');
  assert.deepEqual(complaints, []);
});

test('a pixel outside and a pitch that is too small are named in an alert, and mending them clears it', async () => {
  const { page } = await site.visit(path);
  await enter(page, { x: '1366' });
  assert.match(await text(page, '[role=alert]'), /x must be from 0 to 1365.*1366 is outside/);
  assert.equal(await field(page, 'x').getAttribute('aria-invalid'), 'true');
  await enter(page, { x: '1365' });
  assert.equal(await text(page, '[role=alert]'), '');
  await enter(page, { pitch: '5463' });
  assert.match(await text(page, '[role=alert]'), /pitch must be at least 5464 bytes/);
  assert.equal(await text(page, 'output[name=offset]'), '280660', 'the result is of the last numbers that fit');
  await enter(page, { pitch: '5464' });
  assert.equal(await text(page, '[role=alert]'), '');
  assert.equal(await text(page, '[data-landing]'), 'the same here, but only here');
});

test('the grid is clicked and walked with arrow keys, and shows the padding at a row’s end', async () => {
  const { page } = await site.visit(path);
  await page.locator('onko-pixel .grid button[data-x="101"][data-y="49"]').click();
  assert.equal(await field(page, 'x').inputValue(), '101');
  assert.equal(await field(page, 'y').inputValue(), '49');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await text(page, 'output[name=offset]'), '275600');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), '+400, pixel 100, 50');
  assert.equal(await page.locator('onko-pixel .grid .pad').count(), 0);
  await enter(page, { x: '1365' });
  assert.equal(await text(page, '.grid .pad >> nth=0'), '40 pad');
});

test('a setting can be linked, and reset goes back to the laptop', async () => {
  const { page } = await site.visit(path);
  await page.getByRole('button', { name: 'The PC on this page' }).click();
  assert.equal(await text(page, 'output[name=offset]'), '12308');
  const { hash } = new URL(page.url());
  assert.equal(hash, '#pixel=5,3&size=1024x768&bpp=32&pitch=4096');

  const { page: linked } = await site.visit(path + hash);
  assert.equal(await text(linked, 'output[name=offset]'), '12308');
  assert.equal(await linked.locator('onko-color output[name=u32-hex]').textContent(), '0x000C1821');
  await linked.locator('onko-pixel [data-action=reset]').click();
  assert.equal(await text(linked, 'output[name=offset]'), '275600');
  assert.equal(new URL(linked.url()).hash, '');

  const { page: broken } = await site.visit(`${path}#pixel=9999,0&size=1024x768&bpp=32&pitch=4096`);
  assert.match(await text(broken, '[role=alert]'), /x must be from 0 to 1023/);
});
