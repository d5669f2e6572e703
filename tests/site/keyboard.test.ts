/** A reader without a mouse: from the front page to a passed checkpoint with Tab, Enter and the arrow keys alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { browserName } from '../browsers.ts';
import { openSite, verdict } from './browser.ts';

const site = await openSite();

/** What has the focus, as the test looks for it: an action, an address or a name; and how the focus shows. */
interface Stop {
  what: string;
  /** Whether something is drawn about or in the element that is not there without the focus. */
  shown: boolean;
  /** Whether a part of it can be seen. */
  inView: boolean;
}

/** The element that has the focus; nothing while the page itself has it, or something outside of it. */
function focused(page: Page): Promise<Stop | undefined> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body || !document.hasFocus()) return undefined;
    const { top, bottom, width, height } = element.getBoundingClientRect();
    // The frame of an editor shows the focus of the field in it.
    const outlined = [element, element.parentElement].some((each) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(each ?? element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    });
    const name = element.getAttribute('aria-label') ?? element.textContent ?? '';
    return {
      what:
        element.dataset['action'] ??
        element.getAttribute('href') ??
        (name.replace(/\s+/g, ' ').trim() || element.localName),
      shown: outlined,
      inView: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
    };
  });
}

/** Presses a key until something has the focus. Every stop on the way has to be seen, with the mark of the focus on it. */
async function tabTo(page: Page, what: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const way: string[] = [];
  for (let n = 0; n < 150; n++) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    if (stop === undefined) continue; // the browser's own controls lie between the last stop and the first
    way.push(stop.what);
    assert.ok(stop.shown, `the focus on "${stop.what}" cannot be seen`);
    assert.ok(stop.inView, `"${stop.what}" has the focus and is out of view`);
    if (stop.what === what) return;
  }
  assert.fail(`${key} never comes to "${what}", but to ${way.join(', ')}`);
}

/**
 * The screen and the keys of the menu lie before the buttons. In Chromium the way to them leads on, round the whole page; Firefox's
 * driver gives no key to the browser's own controls, which lie at the end of the page, so that there it leads back.
 */
const back = browserName === 'firefox' ? 'Shift+Tab' : 'Tab';

const announced = (page: Page) => page.locator('onko-machine [data-announced]').textContent();

test('from the front page to a passed checkpoint with the keyboard alone', async () => {
  const { page, complaints } = await site.visit('/');
  await tabTo(page, '/part-1/environment/');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/part-1/environment/');
  for (const next of ['cargo-toml', 'config-toml', 'linker-script', 'main-rs', 'limine-conf']) {
    await tabTo(page, `/part-1/${next}/`);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/part-1/${next}/`);
  }

  await tabTo(page, 'power');
  await page.keyboard.press('Enter');
  await page.locator('[data-menu-keys]').waitFor();
  await tabTo(page, 'Screen of the machine', back);
  assert.match((await announced(page)) ?? '', /keyboard.*Escape twice/i);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  assert.equal((await focused(page))?.what, 'Screen of the machine', 'the Tab key, too, goes to the machine');
  await page.keyboard.press('Enter');
  assert.equal(await verdict(page), 'passed');

  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  assert.equal((await focused(page))?.what, 'power');
  assert.match((await announced(page)) ?? '', /page.*keyboard again/i);
  await tabTo(page, 'reset');
  await page.keyboard.press('Enter');
  await page.locator('[data-menu-keys]').waitFor();
  await tabTo(page, 'Enter', back);
  await page.keyboard.press('Enter');
  assert.equal(await verdict(page), 'passed');
  assert.deepEqual(complaints, []);
});
