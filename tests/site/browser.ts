import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, readFile, readdir, rm } from 'node:fs/promises';
import { after, afterEach } from 'node:test';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { serve } from '../../cli/serve.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import { browserName, downloadsFolder, launchBrowser, type Preferences } from '../browsers.ts';

export const dist = `${root}/dist`;

/** A page under test, and what it did that a reader would not see. */
export interface Visit {
  page: Page;
  /** Messages on the console that are errors or warnings, and uncaught exceptions. */
  complaints: string[];
  /** Addresses outside the site that the page asked for. */
  strays: string[];
}

export interface Site {
  /** With a slash at its end. */
  url: string;
  /** Opens a page in a fresh browser context, which is closed after the test. */
  visit(path: string, options?: BrowserContextOptions): Promise<Visit>;
}

/**
 * Serves `dist` and starts a browser for the tests of one file; both end with them. With `headers`, as a host does that reads the
 * site's `_headers` file.
 */
export async function openSite({ headers = false } = {}): Promise<Site> {
  if (!existsSync(`${dist}/index.html`)) throw new UserError('There is no site in dist/ to test.', 'Run ./onko build.');
  const { server, url } = await serve(dist, 0);
  if (headers) {
    const rules = await hostHeaders();
    server.prependListener('request', (request, response) => {
      const path = new URL(request.url ?? '/', url).pathname;
      for (const { pattern, name, value } of rules) if (pattern.test(path)) response.setHeader(name, value);
    });
  }
  const browsers = new Map<string, Promise<Browser>>();
  /** In Firefox a reader's preferences are settings of the whole browser: one for each combination. */
  const browserFor = (options: BrowserContextOptions): Promise<Browser> => {
    const preferences = preferencesIn(options);
    const key = browserName === 'firefox' ? JSON.stringify(preferences) : '';
    const browser = browsers.get(key) ?? launchBrowser(preferences);
    browsers.set(key, browser);
    return browser;
  };
  // Closed after the test that opened them: what is left open goes on working, and the next tests wait for it.
  const contexts = new Set<BrowserContext>();
  afterEach(async () => {
    const opened = [...contexts];
    contexts.clear();
    await Promise.all(opened.map((context) => context.close()));
  });
  after(async () => {
    for (const browser of browsers.values()) await (await browser).close();
    server.close();
    server.closeAllConnections();
  });
  return {
    url,
    visit: async (path, options = {}) => {
      const visited = await visit(await browserFor(options), url, path, options);
      contexts.add(visited.page.context());
      return visited;
    },
  };
}

function preferencesIn(options: BrowserContextOptions): Preferences {
  const { colorScheme, reducedMotion, forcedColors, javaScriptEnabled, hasTouch } = options;
  return {
    ...((colorScheme === 'dark' || colorScheme === 'light') && { colorScheme }),
    ...(reducedMotion === 'reduce' && { reducedMotion }),
    ...(forcedColors === 'active' && { forcedColors }),
    ...(javaScriptEnabled === false && { javaScriptEnabled }),
    ...(hasTouch === true && { hasTouch }),
  };
}

/** The rules of the `_headers` file: a pattern, in which a star stands for anything, and headers indented under it. */
async function hostHeaders(): Promise<{ pattern: RegExp; name: string; value: string }[]> {
  let pattern = /^$/;
  return (await readFile(`${dist}/_headers`, 'utf8')).split('\n').flatMap((line) => {
    const [, name, value] = /^\s+([\w-]+): (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return [{ pattern, name, value }];
    if (line !== '')
      pattern = new RegExp(
        `^${line
          .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
          .split('*')
          .join('.*')}$`,
      );
    return [];
  });
}

/** Every page of the built site, as a path below its base: `/`, `/part-1/main-rs/` … */
export async function pagePaths(): Promise<string[]> {
  const paths: string[] = [];
  for await (const file of glob('**/*.html', { cwd: dist })) paths.push(`/${file.replace(/index\.html$/, '')}`);
  return paths.sort();
}

/** The pages that have a machine on them. */
export async function machinePaths(): Promise<string[]> {
  const paths: string[] = [];
  for (const path of await pagePaths()) {
    const html = await readFile(`${dist}${path}${path.endsWith('/') ? 'index.html' : ''}`, 'utf8');
    if (html.includes('<onko-machine')) paths.push(path);
  }
  return paths;
}

/** The front page with another disc in the machine's drive. */
export async function visitWithDisc(site: Site, disc: Uint8Array<ArrayBuffer>): Promise<Page> {
  const { page } = await site.visit('/about/machine/');
  await page.route('**/isos/*.iso', (route) => route.fulfill({ status: 200, body: Buffer.from(disc) }));
  await page.goto(site.url);
  const hash = createHash('sha256').update(disc).digest('hex');
  await page
    .locator('onko-machine')
    .evaluate((machine, sha256) => machine.setAttribute('data-iso-sha256', sha256), hash);
  return page;
}

/** Presses the machine's power button and waits for the page's verdict. */
export async function boot(page: Page): Promise<'passed' | 'failed'> {
  await page.locator('onko-machine [data-action="power"]').click();
  return verdict(page);
}

/** Waits until the page has judged the machine. Throws what the machine says when it fails instead. */
export async function verdict(page: Page): Promise<'passed' | 'failed'> {
  const machine = page.locator('onko-machine');
  const outcome = page.locator(
    'onko-machine:is([data-verdict="passed"], [data-verdict="failed"], [data-state="failed"])',
  );
  await outcome.waitFor({ timeout: 30_000 });
  if ((await machine.getAttribute('data-state')) === 'failed') {
    throw new Error((await machine.locator('[data-fault]').textContent()) ?? 'the machine failed without a word');
  }
  return (await machine.getAttribute('data-verdict')) === 'passed' ? 'passed' : 'failed';
}

/** The colours on the machine's screen, as `r,g,b,a`, and how many pixels it has. */
export function screenColors(page: Page): Promise<{ colors: string[]; width: number; height: number }> {
  return page.locator('onko-machine canvas').evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext('2d');
    if (!copy) throw new Error('no 2D context');
    copy.drawImage(canvas, 0, 0);
    const words = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
    const colors = [...new Set(words)].map((word) => [...new Uint8Array(Uint32Array.of(word).buffer)].join());
    return { colors, width, height };
  });
}

interface AxeViolation {
  id: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

let axe: Promise<string> | undefined;

/** What axe objects to on a page as it is now, with where. */
export async function violations(page: Page): Promise<{ id: string; help: string; where: string[] }[]> {
  axe ??= readFile(`${root}/node_modules/axe-core/axe.min.js`, 'utf8');
  await page.evaluate(await axe); // not as a script of the page: its policy would refuse it
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
    return (await axe.run()).violations;
  });
  return found.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }));
}

/** A part of the page that jumped: when, in milliseconds, and how far, as Layout Instability counts it. */
export interface Shift {
  startTime: number;
  value: number;
}

/** All layout shifts since the page came. Firefox counts none. */
export function layoutShifts(page: Page): Promise<Shift[]> {
  return page.evaluate(async () => {
    const shifts: Shift[] = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & Shift)[]) {
        shifts.push({ startTime: entry.startTime, value: entry.value });
      }
    }).observe({ type: 'layout-shift', buffered: true });
    // What was buffered is handed over in a task of its own.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return shifts;
  });
}

export interface SavedFile {
  name: string;
  bytes: Uint8Array;
}

/** Does something that gives the reader a file. */
export async function saved(page: Page, work: () => Promise<unknown>): Promise<SavedFile> {
  if (browserName === 'firefox') {
    await work();
    return savedByFirefox();
  }
  const [download] = await Promise.all([page.waitForEvent('download'), work()]);
  return { name: download.suggestedFilename(), bytes: new Uint8Array(await readFile(await download.path())) };
}

/** Presses something that gives the reader a file. */
export const downloaded = (page: Page, link: Locator): Promise<SavedFile> => saved(page, () => link.click());

/** Waits until Firefox has written a file, and takes it out of its folder. */
async function savedByFirefox(): Promise<SavedFile> {
  let before = '';
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const [name, ...others] = await readdir(downloadsFolder);
    const path = `${downloadsFolder}/${name}`;
    // While it writes there is a second file, with ".part" at its end, or the one grows.
    const bytes = name !== undefined && others.length === 0 ? new Uint8Array(await readFile(path)) : new Uint8Array();
    const now = `${name} ${bytes.length}`;
    if (name !== undefined && bytes.length > 0 && now === before) {
      await rm(path);
      return { name, bytes };
    }
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('Firefox has saved no file.');
}

/** Touches something; Firefox's driver has no finger, and clicks. */
export const tap = (locator: Locator): Promise<void> => (browserName === 'firefox' ? locator.click() : locator.tap());

/** Shows a page as it is printed. Firefox's driver cannot: there the rules for paper are made to hold on the screen. */
export async function showOnPaper(page: Page): Promise<void> {
  if (browserName === 'chromium') return page.emulateMedia({ media: 'print' });
  await page.evaluate(() => {
    const swap = (media: MediaList) => {
      const words: Readonly<Record<string, string>> = { print: 'all', screen: 'print' };
      media.mediaText = media.mediaText.replaceAll(/\b(print|screen)\b/g, (word) => words[word] ?? word);
    };
    const swapWithin = (rules: CSSRuleList) => {
      for (const rule of rules) {
        if (rule instanceof CSSMediaRule) swap(rule.media);
        if (rule instanceof CSSGroupingRule || rule instanceof CSSStyleRule) swapWithin(rule.cssRules);
      }
    };
    for (const sheet of document.styleSheets) {
      swap(sheet.media);
      swapWithin(sheet.cssRules);
    }
  });
}

/**
 * Firefox tells of a change, on Enter or when the field is left, only where somebody typed; what its driver fills in does not
 * count. This tells it in Firefox's place.
 */
function commitWhatWasFilled(): void {
  const told = new WeakMap<EventTarget, string>();
  const field = ({ target }: Event) =>
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ? target : undefined;
  const remember = (event: Event) => {
    const found = field(event);
    if (found) told.set(found, found.value);
  };
  const commit = (event: Event) => {
    const found = field(event);
    if (!found || !told.has(found) || told.get(found) === found.value) return;
    found.dispatchEvent(new Event('change', { bubbles: true }));
  };
  window.addEventListener('focus', remember, true);
  window.addEventListener('change', remember, true);
  window.addEventListener('blur', commit, true);
  window.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target instanceof HTMLInputElement) commit(event);
  });
}

async function visit(browser: Browser, url: string, path: string, options: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  if (browserName === 'firefox') await page.addInitScript(commitWhatWasFilled);
  const complaints: string[] = [];
  const strays: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (`${origin}/` !== url && protocol !== 'data:' && protocol !== 'blob:') strays.push(request.url());
  });
  await page.goto(new URL(path, url).href, { waitUntil: 'load' });
  return { page, complaints, strays };
}
