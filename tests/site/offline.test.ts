/** The offline pack, with a web server that is really gone: kept, used, brought up to date, and removed. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { serve } from '../../cli/serve.ts';
import { writeOfflinePack } from '../../src/integrations/offline-pack.ts';
import { launchBrowser } from '../browsers.ts';
import { boot, dist } from './browser.ts';
import { ContainerDouble } from './container-double.ts';

const copy = mkdtempSync(`${tmpdir()}/onko-offline-`);
let browser: Browser;
let server: Server | undefined;
let [url, port] = ['', 0];
let asked: string[] = [];

async function switchOn(): Promise<void> {
  const running = await serve(copy, port);
  [server, url] = [running.server, running.url];
  port = Number(new URL(url).port);
  asked = [];
  server.prependListener('request', (request) => asked.push(request.url ?? ''));
}

async function switchOff(): Promise<void> {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  server = undefined;
}

before(async () => {
  cpSync(dist, copy, { recursive: true });
  browser = await launchBrowser();
  await switchOn();
});

after(async () => {
  await browser.close();
  if (server) await switchOff();
  rmSync(copy, { recursive: true });
});

async function keep(page: Page): Promise<void> {
  await page.goto(`${url}offline/`);
  await page.locator('onko-offline [data-action=keep]').click();
  await page.locator('onko-offline[data-state=kept]').waitFor({ timeout: 60_000 });
}

const workers = (page: Page) => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);

test('a reader who does not ask for the pack gets no service worker and no cache', async () => {
  const page = await browser.newPage();
  await page.goto(`${url}offline/`);
  await page.locator('onko-offline[data-state=absent]').waitFor();
  assert.match(await page.locator('onko-offline [data-action=keep]').innerText(), /Keep this site \(\d+\.\d MB\)/);
  assert.equal(await workers(page), 0);
  assert.deepEqual(await page.evaluate(() => caches.keys()), []);
  await page.close();
});

test('kept, brought up to date, and removed', { timeout: 180_000 }, async (t) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  // Firefox asks the reader whether the pack may stay, who may leave that open; Chromium never asks.
  await page.addInitScript(() => (StorageManager.prototype.persist = () => new Promise(() => {})));
  await keep(page);
  const { files } = JSON.parse(readFileSync(`${copy}/offline-pack.json`, 'utf8')) as { files: number };
  assert.match(await page.locator('onko-offline [role=status]').innerText(), new RegExp(`${files} files`));

  await t.test('without a server, a chapter boots its ISO', async () => {
    await switchOff();
    await page.goto(`${url}part-1/main-rs/`);
    assert.equal(await boot(page), 'passed');
  });

  await t.test('without a server, the search finds', async () => {
    await page.goto(url);
    await page.keyboard.press('Control+k');
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    await page.locator('site-search input').fill('pitch framebuffer');
    await page.locator('site-search a[href^="/part-1/main-rs/"]').first().waitFor();
  });

  await t.test('without a server, a page that does not exist says so', async () => {
    await page.goto(`${url}no/such/page/`);
    assert.match(await page.locator('h1').innerText(), /not|no /i);
  });

  await t.test(
    'beside it, the service worker that isolates the workbench for a WebContainer does not stand in the way',
    async () => {
      await switchOn();
      await ContainerDouble.attach(page);
      await page.goto(`${url}workbench/`);
      await page.locator('onko-workbench[data-state=ready]').waitFor();
      await page.getByRole('radio', { name: 'In a WebContainer' }).check();
      await page.getByRole('button', { name: 'Agree' }).click();
      const inContainer = page.locator('onko-workbench[data-state=ready][data-bench=container]');
      await inContainer.waitFor({ timeout: 20_000 });
      assert.equal(await workers(page), 2);
      await switchOff();
      await page.goto(`${url}workbench/`);
      await inContainer.waitFor({ timeout: 20_000 });
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
      assert.equal(await boot(page), 'passed');
      const anew = page.waitForEvent('load');
      await page.getByRole('button', { name: 'Withdraw the agreement' }).click();
      await anew;
      await page.locator('onko-workbench[data-state=ready][data-bench=local]').waitFor();
      assert.equal(await workers(page), 1);
    },
  );

  await t.test('a new edition brings only what has changed, and is used when the reader says so', async () => {
    const file = `${copy}/glossary/index.html`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('<title>', '<title>Second edition: '));
    await writeOfflinePack(copy);
    await switchOn();
    await page.goto(`${url}offline/`);
    await page.locator('onko-offline[data-state=outdated]').waitFor({ timeout: 30_000 });
    const fetched = asked.filter((path) => path.includes('__WB_REVISION__') || path.startsWith('/glossary/'));
    assert.deepEqual(
      fetched.map((path) => path.split('?')[0]),
      ['/glossary/'],
    );
    await page.locator('onko-offline [data-action=use-now]').click();
    await page.locator('onko-offline[data-state=kept]').waitFor({ timeout: 30_000 });
    await switchOff();
    await page.goto(`${url}glossary/`);
    assert.match(await page.title(), /^Second edition/);
    await switchOn();
  });

  await t.test('removed, nothing is left, and what was read is still remembered', async () => {
    await page.goto(`${url}offline/`);
    await page.locator('onko-offline [data-action=remove]').click();
    await page.locator('onko-offline[data-state=absent]').waitFor();
    assert.equal(await workers(page), 0);
    assert.deepEqual(await page.evaluate(() => caches.keys()), []);
    assert.notEqual(await page.evaluate(() => localStorage.getItem('onko.progress.v1')), null);
  });
  await context.close();
});

test('a file that is not the one of the build makes the pack fail in words, and nothing half is kept', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  writeFileSync(`${copy}/favicon.svg`, '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await page.goto(`${url}offline/`);
  await page.locator('onko-offline [data-action=keep]').click();
  await page.locator('onko-offline[data-state=failed]').waitFor({ timeout: 60_000 });
  assert.match(await page.locator('onko-offline [role=status]').innerText(), /could not be kept.*try again/s);
  assert.equal(await page.locator('onko-offline [data-action=keep]').isVisible(), true);
  cpSync(`${dist}/favicon.svg`, `${copy}/favicon.svg`);
  await page.locator('onko-offline [data-action=keep]').click();
  await page.locator('onko-offline[data-state=kept]').waitFor({ timeout: 60_000 });
  await context.close();
});
