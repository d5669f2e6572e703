/** What befalls a machine that stands open in a tab for days: it always says what is wrong, and its power button works. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { beyondFirefox, browserName } from '../browsers.ts';
import { thorough } from '../thorough.ts';
import { boot, openSite } from './browser.ts';
import { BrowserMemory } from './memory.ts';
import { PlainTabs, type PlainTab } from './plain-tabs.ts';

const site = await openSite();

/** Powers on, resets and switches off, each time to the verdict. Returns the verdicts that were not "passed". */
function cycle(page: Page, times: number): Promise<string[]> {
  return page.locator('onko-machine').evaluate(async (element, times) => {
    const machine = element as HTMLElement;
    const press = (action: string) => machine.querySelector<HTMLElement>(`[data-action="${action}"]`)?.click();
    const judged = (): Promise<string> =>
      new Promise((resolve) => {
        const look = () => {
          const { verdict, state } = machine.dataset;
          const said = state === 'failed' ? 'failed to run' : verdict;
          if (!said) return;
          observer.disconnect();
          resolve(said);
        };
        const observer = new MutationObserver(look);
        observer.observe(machine, { attributes: true, attributeFilter: ['data-verdict', 'data-state'] });
        look();
      });
    const wrong: string[] = [];
    for (let n = 0; n < times; n++) {
      for (const action of ['power', 'reset']) {
        press(action);
        const said = await judged();
        if (said !== 'passed') wrong.push(`${action} ${n}: ${said}`);
      }
      press('stop');
    }
    return wrong;
  }, times);
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;

/** What stays when everything has been thrown away that can be, in bytes. */
async function settled(page: Page, memory: BrowserMemory): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const samples: number[] = [];
  for (let n = 0; n < 5; n++) {
    await session.send('HeapProfiler.collectGarbage');
    await page.waitForTimeout(300);
    samples.push(memory.now());
  }
  await session.detach();
  return median(samples);
}

/** The memory of a machine that has booted, and of one that is off. */
async function onAndOff(page: Page, memory: BrowserMemory): Promise<{ on: number; off: number }> {
  assert.equal(await boot(page), 'passed');
  const on = await settled(page, memory);
  await page.locator('[data-action="stop"]').click();
  return { on, off: await settled(page, memory) };
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

test(
  'memory does not grow by more than 5 % over many cycles of power, reset and stop',
  { timeout: 30 * 60_000, skip: beyondFirefox('its driver does not say which processes hold its memory') },
  async (t) => {
    const cycles = thorough ? 200 : 8;
    const { page, complaints } = await site.visit('/');
    // A browser compiles hot code anew and fills its caches in the first cycles: the plateau comes after them.
    assert.deepEqual(await cycle(page, thorough ? 20 : 4), []);
    const memory = await BrowserMemory.of(page);
    const before = await onAndOff(page, memory);
    for (let done = 0; done < cycles; done += 8) {
      assert.deepEqual(await cycle(page, 8), []);
      if (thorough) t.diagnostic(`${done + 8} cycles: ${mebibytes(memory.now())}`);
    }
    const after = await onAndOff(page, memory);
    for (const state of ['on', 'off'] as const) {
      const growth = (after[state] / before[state] - 1) * 100;
      const said = `${state}: ${mebibytes(before[state])}, and ${mebibytes(after[state])} after ${cycles} cycles, ${growth.toFixed(1)} % more`;
      t.diagnostic(said);
      assert.ok(growth <= 5, said);
    }
    assert.equal(page.workers().length, 0);
    assert.deepEqual(complaints, []);
  },
);

const machine = (page: Page) => page.locator('onko-machine');
const fault = (page: Page) => machine(page).locator('[data-fault]').textContent();

/** Waits for the machine to say that something went wrong, and for what to do. */
async function failed(page: Page, said: RegExp): Promise<void> {
  await page.locator('onko-machine[data-state="failed"]').waitFor({ timeout: 30_000 });
  assert.match((await fault(page)) ?? '', said);
  assert.match((await fault(page)) ?? '', /press power/i);
  assert.equal(await machine(page).locator('[data-action="power"]').getAttribute('aria-disabled'), 'false');
}

async function press(page: Page, action: string): Promise<void> {
  await machine(page).locator(`[data-action="${action}"]`).click();
}

/** Lets a test end the page's workers as a browser does that runs out of memory: without a word. */
function rememberWorkers(): void {
  const Original = Worker;
  const workers: Worker[] = [];
  globalThis.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      workers.push(this);
    }
  };
  Object.assign(globalThis, { killWorkers: () => workers.forEach((worker) => worker.terminate()) });
}

/** Ends the workers; a page of {@link rememberWorkers}. */
const killWorkers = (page: Page) => page.evaluate('killWorkers()');

/** A page whose workers can be ended. */
async function visitToKill(path: string): Promise<Page> {
  const { page } = await site.visit('/about/machine/');
  await page.addInitScript(rememberWorkers);
  await page.goto(new URL(path, site.url).href);
  return page;
}

test('a worker that is ended without a word is noticed, whatever the machine does, and power starts it again', async () => {
  const noticed = async (page: Page) => {
    await failed(page, /does not answer any more/);
    assert.equal(await boot(page), 'passed');
  };
  const whileReady = async () => {
    const page = await visitToKill('/');
    await page.waitForLoadState('networkidle'); // the machine is made ready as soon as it is seen
    await killWorkers(page);
    await press(page, 'power');
    await noticed(page);
  };
  const whileRunning = async () => {
    const page = await visitToKill('/part-1/limine-conf/');
    await press(page, 'power');
    await page.locator('[data-menu-keys]').waitFor();
    await killWorkers(page);
    await noticed(page);
  };
  const whileHalted = async () => {
    const page = await visitToKill('/');
    assert.equal(await boot(page), 'passed');
    await killWorkers(page);
    await press(page, 'reset');
    await noticed(page);
  };
  // At once: each of them waits, and does nothing else, for ten seconds.
  await Promise.all([whileReady(), whileRunning(), whileHalted()]);
});

/** Puts a line before the code of the machine's worker. */
async function visitWithWorker(line: string): Promise<Page> {
  const { page } = await site.visit('/about/machine/');
  await page.route(/worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${line}\n${await response.text()}` });
  });
  await page.goto(site.url);
  return page;
}

const noMemory = '() => { throw new RangeError("WebAssembly.Memory.grow(): Maximum memory size exceeded"); }';
for (const [what, line] of [
  ['the engine cannot be started', `WebAssembly.instantiate = ${noMemory};`],
  ['its memory cannot grow', `WebAssembly.Memory.prototype.grow = ${noMemory};`],
] as const) {
  test(`where memory is out and ${what}, the machine says so, and power works once there is some`, async () => {
    const page = await visitWithWorker(line);
    await press(page, 'power');
    await failed(page, /not enough memory/);
    await page.unroute(/worker-[^/]*\.js$/);
    assert.equal(await boot(page), 'passed');
  });
}

test('where memory is out for the picture, the machine says so, and power works once there is some', async () => {
  const { page } = await site.visit('/');
  await page.evaluate(() => {
    const { ImageData } = globalThis;
    Object.assign(globalThis, {
      ImageData: class {
        constructor() {
          globalThis.ImageData = ImageData; // the next one works
          throw new RangeError('Array buffer allocation failed');
        }
      },
    });
  });
  await press(page, 'power');
  await failed(page, /not enough memory/);
  assert.equal(await boot(page), 'passed');
});

test('an engine that crashes while it runs is said so, and power starts it again', async () => {
  const page = await visitWithWorker(`
    const { instantiate } = WebAssembly;
    WebAssembly.instantiate = async (...args) => {
      const { exports } = await instantiate(...args);
      let slices = 0;
      const engine_run = (...numbers) => {
        if (++slices === 3) throw new WebAssembly.RuntimeError('unreachable');
        return exports.engine_run(...numbers);
      };
      return { exports: { ...exports, engine_run } };
    };`);
  await press(page, 'power');
  await failed(page, /The machine broke: unreachable/);
  await page.unroute(/worker-[^/]*\.js$/);
  assert.equal(await boot(page), 'passed');
});

interface Hideable {
  tab: PlainTab;
  other: PlainTab;
  close(): Promise<void>;
}

/** A machine in a plain tab, and another tab to hide it with. */
async function hideable(): Promise<Hideable> {
  const { tab, other, close } = await (browserName === 'firefox' ? tabsOfFirefox() : tabsOfChromium());
  await tab.evaluate(`
    globalThis.seen = [];
    for (const event of ['freeze', 'visibilitychange'])
      document.addEventListener(event, () => seen.push(event === 'freeze' ? event : document.visibilityState));`);
  return { tab, other, close };
}

/** In Firefox a tab is hidden while another one of its window is seen, also where Playwright drives it. */
async function tabsOfFirefox(): Promise<Hideable> {
  const { page } = await site.visit('/');
  const opened = page.waitForEvent('popup');
  await page.evaluate((path) => void window.open(path), '/glossary/');
  const plain = (each: Page): PlainTab => ({
    show: () => each.bringToFront(),
    freeze: () => Promise.reject(new Error('Firefox freezes no tab.')),
    evaluate: (expression) => each.evaluate(expression),
  });
  const other = await opened;
  const tab = plain(page);
  await tab.show();
  return { tab, other: plain(other), close: () => other.close() };
}

async function tabsOfChromium(): Promise<Hideable> {
  const browser = (await site.visit('/404.html')).page.context().browser();
  assert.ok(browser);
  const tabs = await PlainTabs.open(browser);
  const other = await tabs.tab(new URL('/glossary/', site.url).href);
  const tab = await tabs.tab(site.url);
  return { tab, other, close: () => tabs.close() };
}

const seenByTab = (tab: PlainTab) => tab.evaluate('seen.join()');
const pressIn = (tab: PlainTab, action: string) =>
  tab.evaluate(`document.querySelector('onko-machine [data-action="${action}"]').click()`);

/** Waits for the verdict of a machine in a plain tab, or for its failure. */
async function verdictIn(tab: PlainTab): Promise<unknown> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const said = await tab.evaluate(
      "(({ verdict, state }) => (state === 'failed' ? state : verdict))(document.querySelector('onko-machine').dataset)",
    );
    if (said !== '') return said;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return 'no verdict';
}

test('in a hidden tab the machine boots, and has its picture when the tab is seen again', async () => {
  const { tab, other, close } = await hideable();
  await other.show();
  await pressIn(tab, 'power');
  assert.equal(await verdictIn(tab), 'passed');
  assert.equal(await seenByTab(tab), 'hidden');
  await tab.show();
  const color = await tab.evaluate(
    "[...document.querySelector('onko-machine canvas').getContext('2d').getImageData(700, 500, 1, 1).data].join()",
  );
  assert.equal(color, '12,24,33,255');
  await close();
});

test(
  'a tab that the browser freezes while its machine boots goes on when it is seen again',
  { skip: !thorough || beyondFirefox('it freezes no tab') },
  async () => {
    const { tab, other, close } = await hideable();
    await pressIn(tab, 'power');
    await other.show();
    await tab.freeze();
    // Longer than the page waits for a worker that does not answer.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    await tab.show();
    assert.equal(await verdictIn(tab), 'passed');
    assert.match(String(await seenByTab(tab)), /^hidden,freeze,visible$/);
    await pressIn(tab, 'reset');
    assert.equal(await verdictIn(tab), 'passed');
    await close();
  },
);

/** Storage that is full for what lasts, as one that gives no more room answers. */
function fillStorage(): void {
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = function (key: string, value: string) {
    if (this === localStorage) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    setItem.call(this, key, value);
  };
}

/** Storage that a browser's settings forbid. */
function forbidStorage(): void {
  for (const name of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(window, name, {
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    });
  }
}

async function visitWithout(storage: () => void, path: string): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await site.visit('/404.html');
  await page.addInitScript(storage);
  await page.goto(new URL(path, site.url).href);
  return { page, complaints };
}

const note = (page: Page) => page.locator('onko-storage-note');

test('with full storage everything works for as long as the page is open, and the reader is told once', async () => {
  const { page, complaints } = await visitWithout(fillStorage, '/part-1/main-rs/');
  assert.equal(await note(page).getByRole('button').isVisible(), false);
  assert.equal(await boot(page), 'passed');
  await note(page).getByText('keeps nothing for this site').waitFor();
  await note(page).getByRole('button', { name: 'Close' }).click();

  await page.locator('onko-read-mark').scrollIntoViewIfNeeded();
  await page.locator('onko-color input[name=hex]').fill('#ff8000');
  await page.locator('onko-color input[name=hex]').press('Enter');
  assert.equal(await page.locator('onko-color output[name=u32-hex]').textContent(), '0x00FF8000');

  await page.goto(new URL('/part-1/environment/', site.url).href);
  const box = page.locator('onko-checklist input[type=checkbox]').first();
  await box.check();
  assert.equal(await box.isChecked(), true);
  assert.match((await page.locator('onko-checklist [role=status]').textContent()) ?? '', /^1 of /);
  assert.equal(await note(page).getByRole('button').isVisible(), false, 'told once is enough');
  assert.deepEqual(complaints, []);
});

test('where storage is forbidden the machine boots, and the reader is told', async () => {
  const { page } = await visitWithout(forbidStorage, '/part-1/main-rs/');
  assert.equal(await boot(page), 'passed');
  await note(page).getByText('keeps nothing for this site').waitFor();
});

test('with full storage the choice of light or dark still works', async () => {
  const { page, complaints } = await visitWithout(fillStorage, '/glossary/');
  const theme = () => page.evaluate(() => document.documentElement.dataset['theme']);
  for (const chosen of ['light', 'dark']) {
    await page.locator('starlight-theme-select select').first().selectOption(chosen);
    assert.equal(await theme(), chosen);
  }
  await note(page).getByText('keeps nothing for this site').waitFor();
  assert.deepEqual(complaints, []);
});

const quota = beyondFirefox('its driver cannot give a site less room');
test(
  'an offline pack that does not fit is told, what has arrived can be removed, and it is kept once there is room',
  { skip: quota },
  async () => {
    const { page } = await site.visit('/offline/');
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(site.url);
    const pack = page.locator('onko-offline');
    const [keep, remove] = ['keep', 'remove'].map((action) => pack.locator(`[data-action=${action}]`));
    assert.ok(keep && remove);

    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 5e6 });
    await keep.click();
    await page.locator('onko-offline[data-state=failed]').waitFor({ timeout: 60_000 });
    assert.match(await pack.locator('[role=status]').innerText(), /could not be kept: .*the disk is full/);
    await remove.click();
    await page.locator('onko-offline[data-state=absent]').waitFor();
    assert.deepEqual(await page.evaluate(() => caches.keys()), []);

    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await keep.click();
    await page.locator('onko-offline[data-state=kept]').waitFor({ timeout: 60_000 });
  },
);
