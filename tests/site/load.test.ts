/** What a page costs a reader with a phone on a slow network, before they touch anything. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { after, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { beyondFirefox, launchBrowser } from '../browsers.ts';
import { dist, layoutShifts, pagePaths, type Shift } from './browser.ts';

/** The most of it that a page may load before anything is touched, compressed, in bytes. */
const most = { scripts: 40 * 1024, styles: 25 * 1024 };
/** Milliseconds until the largest part of the first screen is painted (LCP) that Lighthouse counts as good. */
const goodPaint = 2500;
/** How far parts of the page may jump meanwhile (CLS) to count as good with Lighthouse, too. */
const goodShift = 0.1;

/**
 * The phone that Lighthouse measures on where it really slows the network down (its "DevTools throttling" of a slow 4G): each
 * request takes 562.5 ms before its first byte, then 1.44 Mbit/s arrive. Its processor is as fast as this computer's at half
 * speed: the four that Lighthouse divides by are for a desktop that is about twice as fast as the two busy cores of a test.
 */
const slow = {
  latency: 562.5,
  downloadThroughput: (1.6 * 1024 * 1024 * 0.9) / 8,
  uploadThroughput: (750 * 1024 * 0.9) / 8,
};
const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
const phone = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75 };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Serves the site with its texts compressed, as every host does that is made for it. */
function serveCompressed(): Promise<Server> {
  const compressed = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = `${dist}${path}${path.endsWith('/') ? 'index.html' : ''}`;
    if (!existsSync(file)) return void response.writeHead(404).end();
    const type = types[extname(file)] ?? 'application/octet-stream';
    const body = compressed.get(file) ?? gzipSync(readFileSync(file));
    compressed.set(file, body);
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(body);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const server = await serveCompressed();
const url = `http://localhost:${(server.address() as AddressInfo).port}`;
const browser: Browser = await launchBrowser();
after(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
});

/** Bytes of a file of the site, or of a text, as a host sends it that compresses well. */
const sent = (text: string | Uint8Array): number => brotliCompressSync(text).length;

/** Compressed bytes of scripts and styles: the files that a page asked for, and what stands in the page itself. */
function weigh(html: string, files: ReadonlySet<string>): { scripts: number; styles: number } {
  const inline = (tag: string) =>
    [...html.matchAll(new RegExp(`<${tag}(?![^>]* src=)[^>]*>([^]*?)</${tag}>`, 'g'))].map(([, text]) => text).join('');
  const sum = (extension: string, tag: string) =>
    [...files]
      .filter((file) => file.endsWith(extension))
      .reduce((bytes, file) => bytes + sent(readFileSync(`${dist}${file}`)), sent(inline(tag)));
  return { scripts: sum('.js', 'script'), styles: sum('.css', 'style') };
}

/** Milliseconds until the largest part was painted, and which part that is. */
function largestPaint(page: Page): Promise<{ paint: number; part: string }> {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => {
          const last = list.getEntries().at(-1) as PerformanceEntry & { element?: Element };
          const part = last.element?.textContent?.trim().slice(0, 40) || (last.element?.className ?? '');
          resolve({ paint: last.startTime, part });
        }).observe({ type: 'largest-contentful-paint', buffered: true });
      }),
  );
}

/**
 * How far parts of the page have jumped (Cumulative Layout Shift): of all runs of shifts less than a second apart, cut at five
 * seconds, the one with the greatest sum. https://web.dev/articles/cls
 */
function cumulativeShift(shifts: readonly Shift[]): number {
  let [worst, sum, first, last] = [0, 0, -Infinity, -Infinity];
  for (const { startTime, value } of shifts) {
    if (startTime - last >= 1000 || startTime - first >= 5000) [sum, first] = [0, startTime];
    last = startTime;
    sum += value;
    worst = Math.max(worst, sum);
  }
  return worst;
}

interface Visit extends Awaited<ReturnType<typeof largestPaint>>, ReturnType<typeof weigh> {
  shift: number;
}

/** What a first visit costs on a slow phone. */
async function firstVisit(path: string): Promise<Visit> {
  const context = await browser.newContext(phone);
  const page = await context.newPage();
  const files = new Set<string>();
  page.on('request', (request) => files.add(new URL(request.url()).pathname));
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, ...slow });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 2 });
  await page.goto(`${url}${path}`, { waitUntil: 'load', timeout: 60_000 });
  await page.waitForTimeout(500);
  const measured = await largestPaint(page);
  // The rest may come as fast as it can. Ending the session would load the fonts again, and shift what has long stood still.
  await session.send('Network.emulateNetworkConditions', { offline: false, ...unlimited });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  // What is left to when the browser is idle comes after a picture has been drawn, which none asks for here.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await page.waitForLoadState('networkidle');
  const shift = cumulativeShift(await layoutShifts(page));
  await context.close();
  return { ...measured, shift, ...weigh(readFileSync(`${dist}${path}index.html`, 'utf8'), files) };
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

const skip = beyondFirefox('its driver cannot slow down the network and the processor');
for (const path of (await pagePaths()).filter((each) => each === '/' || each.startsWith('/part-1/'))) {
  test(`${path} is light, painted within 2.5 s on a slow phone, and then stands still`, { skip }, async (t) => {
    // A busy computer is slower than a phone: the best of three counts.
    const visits = [await firstVisit(path)];
    while (visits.length < 3 && !visits.some(({ paint }) => paint <= goodPaint)) visits.push(await firstVisit(path));
    const best = visits.toSorted((a, b) => a.paint - b.paint)[0];
    assert.ok(best);
    t.diagnostic(
      `${path}: ${kilobytes(best.scripts)} of JavaScript, ${kilobytes(best.styles)} of CSS, painted after ${visits.map(({ paint }) => paint.toFixed(0)).join(', ')} ms (“${best.part}”), shifted by ${best.shift.toFixed(3)}`,
    );
    assert.ok(best.scripts <= most.scripts, `${best.scripts} bytes of JavaScript`);
    assert.ok(best.styles <= most.styles, `${best.styles} bytes of CSS`);
    assert.ok(best.paint > 0 && best.paint <= goodPaint, JSON.stringify(visits));
    assert.ok(best.shift <= goodShift, `shifted by ${best.shift}`);
  });
}
