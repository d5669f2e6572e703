import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { boot, openSite, tap, verdict } from './browser.ts';

const site = await openSite();
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** Switches on and waits for the menu. */
async function openMenu(page: Page): Promise<void> {
  await page.locator('onko-machine [data-action="power"]').click();
  await page.locator('[data-menu-keys]').waitFor();
}

/** The menu without its countdown, which the first key ends. */
async function calmMenu(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const text = document.querySelector('[data-text-screen]')?.textContent ?? '';
    return text.includes('Onko OS') && !text.includes('Booting automatically');
  });
}

for (const path of ['/part-1/limine-conf/', '/part-1/makefile/']) {
  test(`${path}: left alone, the menu counts down and boots`, async () => {
    const { page } = await site.visit(path);
    const keys = page.locator('[data-menu-keys]');
    assert.equal(await keys.isVisible(), false);
    await openMenu(page);
    assert.match((await page.locator('[data-text-screen]').textContent()) ?? '', /Booting automatically in 3/);
    assert.equal(await verdict(page), 'passed');
    assert.equal(await keys.isVisible(), false, 'the keys go with the menu');
    const said = (await page.locator('[data-verdict-text]').textContent()) ?? '';
    assert.match(said, /The menu offered “Onko OS”/);
    assert.match(said, /All 786,432 pixels are 0x000C1821/);
  });

  test(`${path}: an arrow key on the keyboard stops the countdown, and Enter boots`, async () => {
    const { page } = await site.visit(path);
    await openMenu(page);
    await page.locator('onko-machine canvas').focus();
    await page.keyboard.press('ArrowDown');
    await calmMenu(page);
    assert.equal(await page.locator('onko-machine').getAttribute('data-verdict'), '');
    await page.keyboard.press('Enter');
    assert.equal(await verdict(page), 'passed');
  });

  test(`${path}: on a phone the keys on the screen do the same, and are as large as a thumb`, async () => {
    const { page } = await site.visit(path, phone);
    await openMenu(page);
    for (const key of ['ArrowUp', 'ArrowDown', 'Enter']) {
      const box = await page.locator(`[data-key="${key}"]`).boundingBox();
      assert.ok(box && box.width >= 44 && box.height >= 44, `${key} measures ${box?.width} × ${box?.height}`);
    }
    await tap(page.locator('[data-key="ArrowUp"]'));
    await calmMenu(page);
    await tap(page.locator('[data-key="Enter"]'));
    assert.equal(await verdict(page), 'passed');
  });
}

test('the keys on the screen can be reached and pressed without a mouse, and the focus is not lost with them', async () => {
  const { page } = await site.visit('/part-1/limine-conf/');
  await openMenu(page);
  await page.locator('[data-key="ArrowDown"]').press('Enter');
  await calmMenu(page);
  await page.locator('[data-key="Enter"]').press('Space');
  assert.equal(await verdict(page), 'passed');
  const focused = await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['action']);
  assert.equal(focused, 'reset');
});

test('a machine without a menu shows no keys for one', async () => {
  const { page } = await site.visit('/part-1/main-rs/');
  assert.equal(await boot(page), 'passed');
  assert.equal(await page.locator('[data-menu-keys]').isVisible(), false);
});
