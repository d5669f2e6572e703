/** The site below a path of its host, as on GitHub Pages: built for it, served from it, and nothing asked for outside it. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { serve } from '../../cli/serve.ts';
import { buildSite } from '../../cli/tasks/build.ts';
import { cache } from '../../tools/paths.ts';
import { launchBrowser } from '../browsers.ts';
import { boot } from './browser.ts';

const host = `${cache}/site-below-a-path`;
let server: Server;
let browser: Browser;
let url = '';

before(async () => {
  rmSync(host, { recursive: true, force: true });
  await buildSite('/os/rust/', `${host}/os/rust`);
  cpSync(`${host}/os/rust/404.html`, `${host}/404.html`);
  ({ server, url } = await serve(host, 0));
  browser = await launchBrowser();
});

after(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

/** Opens a page and notes what it asks for outside the site's path. */
async function visit(path: string): Promise<{ page: Page; strays: string[] }> {
  const page = await browser.newPage();
  const strays: string[] = [];
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(`${url}os/rust/`)) strays.push(request.url());
  });
  await page.goto(`${url}os/rust/${path}`);
  return { page, strays };
}

test('a chapter boots, and the search finds, below the path', async () => {
  const { page, strays } = await visit('part-1/main-rs/');
  assert.equal(await boot(page), 'passed');
  await page.keyboard.press('Control+k');
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await page.locator('site-search input').fill('pitch framebuffer');
  await page.locator('site-search a[href^="/os/rust/part-1/main-rs/"]').first().waitFor();
  assert.deepEqual(strays, []);
  await page.close();
});

test('the offline pack is kept for the path alone, and removed', async () => {
  const { page, strays } = await visit('offline/');
  await page.locator('onko-offline [data-action=keep]').click();
  await page.locator('onko-offline[data-state=kept]').waitFor({ timeout: 60_000 });
  const scopes = () =>
    page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope));
  assert.deepEqual(await scopes(), [`${url}os/rust/`]);
  await page.locator('onko-offline [data-action=remove]').click();
  await page.locator('onko-offline[data-state=absent]').waitFor();
  assert.deepEqual(await scopes(), []);
  assert.deepEqual(strays, []);
  await page.close();
});

test('every address that a page names lies below the path', async () => {
  for await (const file of glob('**/*.html', { cwd: host })) {
    const html = readFileSync(`${host}/${file}`, 'utf8');
    const outside = [...html.matchAll(/\s(?:href|src|iso|data-(?:wasm|snapshot|info|worker))="(\/[^"]*)"/g)]
      .map(([, address = '']) => address)
      .filter((address) => !address.startsWith('/os/rust/'));
    assert.deepEqual(outside, [], file);
  }
});

test('the headers for hosts that take them are those of the path', () => {
  const headers = readFileSync(`${host}/os/rust/_headers`, 'utf8');
  assert.match(headers, /^\/os\/rust\/engine\/\*\n {2}Cache-Control: .*immutable$/m);
});
