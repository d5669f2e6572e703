/** The workbench in a WebContainer, against a double of StackBlitz's service: what is asked, what is loaded, and what fails. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { serviceOrigin } from '../../src/lib/workbench/container.ts';
import { boot, dist, openSite, pagePaths, violations } from './browser.ts';
import { ContainerDouble } from './container-double.ts';

/** Hosts without headers, and with those of the `_headers` file. */
const bare = await openSite();
const withHeaders = await openSite({ headers: true });
const path = '/workbench/';

const bench = (page: Page) => page.locator('onko-workbench');
const ready = (page: Page, where: 'local' | 'container') =>
  page.locator(`onko-workbench[data-state="ready"][data-bench="${where}"]`).waitFor({ timeout: 20_000 });
const choose = (page: Page) => bench(page).getByRole('radio', { name: 'In a WebContainer' }).check();
const press = (page: Page, name: string) => bench(page).getByRole('button', { name }).click();
const line = (page: Page) => page.getByLabel('Command, in');
const isIsolated = (page: Page) => page.evaluate(() => crossOriginIsolated);
const scopes = (page: Page) =>
  page.evaluate(async () =>
    (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => new URL(scope).pathname),
  );
const says = (page: Page, text: RegExp) =>
  page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('[data-log]')?.textContent ?? ''),
    text.source,
    { timeout: 20_000 },
  );

async function type(page: Page, text: string, answer: RegExp): Promise<void> {
  await line(page).fill(text);
  await line(page).press('Enter');
  await says(page, answer);
}

/** The search has a worker, which an isolated page may refuse; then it searches without. */
async function search(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await page.locator('site-search input').fill('pitch framebuffer');
  await page.locator('site-search a[href^="/part-1/main-rs/"]').first().waitFor();
  await page.keyboard.press('Escape');
}

async function agree(page: Page): Promise<void> {
  await ready(page, 'local');
  await choose(page);
  await press(page, 'Agree, and contact StackBlitz');
}

test('before the reader agrees nothing of it is loaded, and what is asked names the third party, its hosts and its terms', async () => {
  const { page, complaints, strays } = await bare.visit(path);
  await ready(page, 'local');
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(request.url()));
  await choose(page);
  const consent = page.getByRole('region', { name: 'Before anything is fetched from StackBlitz' });
  const text = await consent.innerText();
  for (const word of ['stackblitz.com', 'staticblitz.com', 'webcontainer.io', 'Chromium', 'commercial', 'licence'])
    assert.ok(text.includes(word), word);
  const links = await consent
    .getByRole('link')
    .evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).href));
  assert.ok(links.includes('https://stackblitz.com/terms-of-service'));
  assert.deepEqual(await violations(page), []);
  await press(page, 'Stay in this page');
  assert.equal(await consent.isVisible(), false);
  assert.equal(await bench(page).getByRole('radio', { name: 'In this page' }).isChecked(), true);
  assert.deepEqual(scripts, []);
  assert.deepEqual(await scopes(page), []);
  assert.deepEqual([...strays, ...complaints], []);
});

test('a host without headers: a service worker isolates this page alone, until the agreement is withdrawn', async () => {
  const { page, complaints, strays } = await bare.visit(path, { colorScheme: 'dark' });
  const double = await ContainerDouble.attach(page);
  assert.equal(await isIsolated(page), false);
  await agree(page);
  await ready(page, 'container');
  assert.equal(await isIsolated(page), true);
  assert.deepEqual(await scopes(page), [path]);
  assert.match(double.asked[0] ?? '', /^https:\/\/stackblitz\.com\/headless\?coep=require-corp&version=1\.6\.4$/);
  assert.deepEqual(double.built, {
    host: new URL(bare.url).host,
    version: '1.6.4',
    workdirName: 'onko',
    forwardPreviewErrors: undefined,
  });
  assert.deepEqual(await violations(page), []);
  assert.equal(await boot(page), 'passed');
  assert.deepEqual(complaints, []);
  await search(page);
  complaints.length = 0;
  await type(page, 'echo mine > mine.txt', /echo mine/);
  await page.getByRole('button', { name: '07-makefile/mine.txt' }).waitFor();

  strays.length = 0;
  const anew = page.waitForEvent('load');
  await press(page, 'Withdraw the agreement');
  await anew;
  await ready(page, 'local');
  assert.equal(await page.locator('iframe').count(), 0);
  assert.deepEqual(await scopes(page), []);
  assert.equal(await isIsolated(page), false);
  await type(page, 'cat mine.txt', /\nmine\n/);
  assert.deepEqual([...strays, ...complaints], []);
});

test('a host with headers: this page is isolated and no other, without a service worker, and works in both benches', async () => {
  const { page, complaints } = await withHeaders.visit('/part-1/main-rs/');
  assert.equal(await isIsolated(page), false);
  assert.equal(await boot(page), 'passed');
  await page.goto(new URL(path, withHeaders.url).href);
  assert.equal(await isIsolated(page), true);
  await ready(page, 'local');
  assert.equal(await boot(page), 'passed');
  await search(page);
  await ContainerDouble.attach(page);
  await agree(page);
  await ready(page, 'container');
  assert.deepEqual(await scopes(page), []);

  await bench(page).getByRole('radio', { name: 'In this page' }).check();
  await ready(page, 'local');
  assert.equal(await page.locator('iframe').count(), 0);
  // The agreement stands, so nothing is asked again; the service's package starts once in a page, so the page comes anew.
  await choose(page);
  await ready(page, 'container');
  await page.reload();
  await ready(page, 'container');
  assert.deepEqual(complaints, []);
});

test('its shell is one: Node runs, a command can be stopped, what it writes is kept, and after exit there is another', async () => {
  const { page } = await withHeaders.visit(path);
  await ContainerDouble.attach(page);
  await agree(page);
  await ready(page, 'container');
  await type(page, 'node -p "6 * 7"', /\n42\n/);
  await line(page).fill('sleep 60');
  await line(page).press('Enter');
  await line(page).press('Control+c');
  await says(page, /\^C/);
  await type(page, 'mkdir -p deep && echo one > deep/one.txt && cat deep/one.txt', /\none\n/);
  await page.getByRole('button', { name: '07-makefile/deep/one.txt' }).click();
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('[data-editor]')?.value === 'one\n');
  await type(page, 'echo two > deep/one.txt', /echo two/);
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('[data-editor]')?.value === 'two\n');
  await type(page, 'boot nothing.iso', /There is no file \/07-makefile\/nothing\.iso/);
  await type(page, 'cd / && hexdump limine.conf', /You are outside of/);
  await page.waitForTimeout(1100);
  await line(page).fill('exit');
  await line(page).press('Enter');
  await page.waitForFunction(() => !document.querySelector('[data-log]')?.textContent?.includes('outside'));
  await type(page, 'pwd', /\/onko\/07-makefile\n/);
  await line(page).fill('clear');
  await line(page).press('Enter');
  await page.waitForFunction(() => !document.querySelector('[data-log]')?.textContent?.includes('pwd'));
});

const failures = [
  { behaviour: 'blocked', says: /could not be reached within 10 seconds.*content blocker/ },
  { behaviour: 'silent', says: /could not be reached within 10 seconds/ },
  { behaviour: 'never boots', says: /StackBlitz answered, but its WebContainer did not start within 10 seconds/ },
  { behaviour: 'full', says: /no more room \(ENOSPC/ },
] as const;

test('a service that is blocked, silent, full or never boots: the cause is named and the work goes on here', async () => {
  const one = async ({ behaviour, says: words }: (typeof failures)[number]): Promise<void> => {
    const { page } = await withHeaders.visit(path);
    await ContainerDouble.attach(page, behaviour);
    await ready(page, 'local');
    await type(page, 'cp limine.conf mine.conf', /cp limine/);
    await choose(page);
    const before = performance.now();
    await press(page, 'Agree, and contact StackBlitz');
    await bench(page).getByRole('alert').filter({ hasText: 'goes on with your files' }).waitFor({ timeout: 20_000 });
    assert.ok(performance.now() - before < 15_000, `${behaviour}: ${performance.now() - before} ms`);
    assert.match(await page.locator('[data-why]').innerText(), words, behaviour);
    await ready(page, 'local');
    await type(page, 'cat mine.conf', /protocol: limine/);
    assert.equal(await page.locator('iframe').count(), 0, behaviour);
    if (behaviour === 'full') assert.deepEqual(await violations(page), []);
  };
  await Promise.all(failures.map(one));
});

test('a browser that does not isolate the page is told so at once', async () => {
  const { page, strays } = await bare.visit('/404.html');
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined }));
  await page.addInitScript(() => delete (Navigator.prototype as { serviceWorker?: unknown }).serviceWorker);
  await page.goto(new URL(path, bare.url).href);
  await agree(page);
  await page.locator('[data-why]', { hasText: 'SharedArrayBuffer' }).waitFor();
  await ready(page, 'local');
  assert.deepEqual(
    strays.filter((url) => url.startsWith(serviceOrigin)),
    [],
  );
});

test('one that breaks while it is used loses nothing, not even what stands in the editor; trying again brings it back', async () => {
  const { page } = await withHeaders.visit(path);
  const double = await ContainerDouble.attach(page);
  await agree(page);
  await ready(page, 'container');
  await type(page, 'echo kept > kept.txt; edit limine.conf', /edit limine/);
  await page.getByRole('button', { name: '07-makefile/kept.txt' }).waitFor();
  await page.locator('[data-editor]').waitFor();
  double.hangs = true;
  await page.locator('[data-editor]').fill('timeout: 9\n');
  await page.locator('[data-why]', { hasText: 'did not answer within 10 seconds' }).waitFor({ timeout: 20_000 });
  await ready(page, 'local');
  await type(page, 'cat kept.txt', /\nkept\n/);
  await type(page, 'cat limine.conf', /timeout: 9/);
  double.hangs = false;
  await press(page, 'Try the WebContainer again');
  await ready(page, 'container');
});

test('no page loads a byte of the WebContainer package, nor of the terminal that it needs', async () => {
  const seen = new Map<string, string>();
  const { page } = await bare.visit('/404.html');
  const urls: string[] = [];
  page.on('request', (request) => urls.push(new URL(request.url()).pathname));
  for (const each of await pagePaths()) {
    urls.length = 0;
    await page.goto(new URL(each, bare.url).href, { waitUntil: 'load' });
    if (each === path) await ready(page, 'local');
    for (const url of urls.filter((one) => one.endsWith('.js'))) {
      if (!seen.has(url)) seen.set(url, await readFile(`${dist}${url}`, 'utf8'));
      assert.doesNotMatch(seen.get(url) ?? '', /Only a single WebContainer|chmod, which makes/, `${each}: ${url}`);
    }
  }
});
