/** Readers who have their own few colours in the place of all others, and readers who want nothing to move. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { boot, openSite } from './browser.ts';

const site = await openSite();

const style = (locator: Locator, property: string) =>
  locator.first().evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);

/** What the reader's colours are, as the browser computes them. */
function system(page: Page, ...names: string[]): Promise<string[]> {
  return page.evaluate((names) => {
    const probe = document.body.appendChild(document.createElement('i'));
    const colors = names.map((name) => {
      probe.style.color = name;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return colors;
  }, names);
}

for (const colorScheme of ['dark', 'light'] as const) {
  test(`with forced colours, ${colorScheme}, the machine's light and what is chosen can be seen, and swatches keep theirs`, async () => {
    const { page } = await site.visit('/part-1/main-rs/', { forcedColors: 'active', colorScheme });
    const [text = '', link = '', ground = '', chosen = '', onChosen = ''] = await system(
      page,
      'CanvasText',
      'LinkText',
      'Canvas',
      'Highlight',
      'HighlightText',
    );
    const light = page.locator('onko-machine .led');
    assert.equal(await style(light, 'background-color'), ground);
    assert.equal(await boot(page), 'passed');
    assert.equal(await style(light, 'background-color'), text);
    assert.equal(await style(page.locator('onko-machine .verdict'), 'color'), text);
    // A gradient is a picture, which stays: what stands on it would be dark on dark.
    for (const part of ['.monitor', '.power', '.key']) {
      assert.equal(await style(page.locator(`onko-machine ${part}`), 'background-image'), 'none', part);
    }

    const pixel = page.locator('onko-pixel .grid [aria-pressed=true]');
    assert.equal(await style(pixel, 'background-color'), chosen);
    assert.equal(await style(pixel, 'color'), onChosen);
    assert.notEqual(await style(page.locator('onko-pixel .grid [aria-pressed=false]'), 'background-color'), chosen);

    assert.equal(await style(page.locator('onko-color .swatch.on-rgb'), 'background-color'), 'rgb(12, 24, 33)');
    const drawn = await page
      .locator('figure svg text')
      .evaluateAll((texts) => [...new Set(texts.map((each) => getComputedStyle(each).fill))]);
    assert.ok(drawn.length > 0);
    for (const color of drawn) assert.ok([text, link].includes(color), `a text in a diagram is ${color}`);

    await page.locator('[data-action=power]').focus();
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus-visible');
    assert.equal(await style(focused, 'outline-color'), chosen);
    assert.ok(parseFloat(await style(focused, 'outline-width')) >= 2);
  });
}

test('with forced colours the terminal of the workbench has an edge', async () => {
  const { page } = await site.visit('/workbench/', { forcedColors: 'active' });
  const [text = ''] = await system(page, 'CanvasText');
  const terminal = page.locator('onko-workbench .terminal');
  assert.equal(await style(terminal, 'border-top-style'), 'solid');
  assert.equal(await style(terminal, 'border-top-color'), text);
});

test('with reduced motion nothing on the page is animated, not even while the machine loads', async () => {
  const animations = async (reducedMotion: 'reduce' | 'no-preference') => {
    const { page } = await site.visit('/about/machine/', { reducedMotion });
    await page.route('**/engine/*.wasm', () => {}); // never answered
    await page.goto(site.url);
    await page.locator('[data-action=power]').click();
    await page.locator('onko-machine[data-state=loading]').waitFor();
    return page.evaluate(() => document.getAnimations().length);
  };
  assert.equal(await animations('reduce'), 0);
  assert.ok((await animations('no-preference')) > 0, 'otherwise the light blinks');
});
