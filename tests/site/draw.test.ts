import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { presets } from '../../src/lib/draw/drawing.ts';
import { DivisionByZero, pixelFunction } from '../../src/lib/draw/interpret.ts';
import { parse } from '../../src/lib/draw/parser.ts';
import { fileBytes, findFile, readContent } from '../../src/lib/iso9660/content.ts';
import type { Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';
import { downloaded, openSite, verdict } from './browser.ts';

const site = await openSite();
const path = '/part-1/main-rs/';
const { draw } = JSON.parse(readFileSync(`${root}/public/isos/manifest.json`, 'utf8')) as Manifest;

const editor = (page: Page) => page.locator('onko-draw [name=picture]');
const bootIt = (page: Page) => page.locator('onko-draw [data-action=boot]').click();
const verdictText = async (page: Page) => (await page.locator('[data-verdict-text]').textContent()) ?? '';
const listing = (page: Page) => page.locator('onko-draw [data-listing] tr').allInnerTexts();

/** The size of a canvas of the page, and the SHA-256 of its pixels, red, green, blue and 255 each. */
async function fingerprint(page: Page, selector: string): Promise<{ width: number; height: number; sha256: string }> {
  return page.locator(selector).evaluate(async (element) => {
    const { width, height } = element as HTMLCanvasElement;
    const copy = new OffscreenCanvas(width, height).getContext('2d');
    if (!copy) throw new Error('no 2D context');
    copy.drawImage(element as HTMLCanvasElement, 0, 0);
    const digest = await crypto.subtle.digest('SHA-256', copy.getImageData(0, 0, width, height).data);
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return { width, height, sha256 };
  });
}

/** The same of what the model says, here and not in the page; with only each `step`th row and column. */
function expected(text: string, step = 1): { width: number; height: number; sha256: string } {
  const [width, height] = [1024 / step, 768 / step];
  const pixel = pixelFunction(parse(text));
  const rgba = Buffer.alloc(width * height * 4);
  let panicked = false;
  for (let at = 0; at < rgba.length; at += 4) {
    const [x, y] = [((at / 4) % width) * step, Math.floor(at / 4 / width) * step];
    let color = 0;
    try {
      if (!panicked) color = pixel(x, y, 1024, 768) & 0xff_ffff;
    } catch (error) {
      if (!(error instanceof DivisionByZero)) throw error;
      panicked = true;
    }
    rgba.writeUInt32BE(color * 256 + 255, at);
  }
  return { width, height, sha256: createHash('sha256').update(rgba).digest('hex') };
}

async function assertOnScreen(page: Page, text: string): Promise<void> {
  assert.deepEqual(await fingerprint(page, 'onko-machine canvas'), expected(text), text);
}

test('presets boot, and every pixel is what the expression says', async () => {
  const { page, complaints, strays } = await site.visit(path);
  for (const name of ['Circle', 'Gradient', 'A panic']) {
    const text = presets.find((preset) => preset.name === name)?.text ?? '';
    await page.locator('onko-draw [data-preset]', { hasText: name }).click();
    assert.equal(await editor(page).inputValue(), text);
    await page.evaluate(() => document.querySelector('onko-machine')?.setAttribute('data-verdict', ''));
    await bootIt(page);
    assert.equal(await verdict(page), 'passed', await verdictText(page));
    await assertOnScreen(page, text);
  }
  assert.match(
    await verdictText(page),
    /It divides by zero at x 0, y 384.*The CPU is halted in the panic handler, in 64-bit mode/s,
  );
  assert.match((await page.locator('onko-machine [data-disc-name]').textContent()) ?? '', /onko-my-picture\.iso/);
  assert.deepEqual(complaints, []);
  assert.deepEqual(strays, []);
});

test('an expression of one’s own is compiled beside its Rust, previewed, booted, and taken home as ISO and source', async () => {
  const { page } = await site.visit(path);
  const text =
    'let far = (x ^ y) & 0xff;\nif x * 2 > width && y % 3 != 1 { far << 16 | 0x2040 } else { far * 0x01_01 }';
  await editor(page).fill(text);
  await page.locator('onko-draw [data-listing]', { hasText: 'x ^ y' }).waitFor();
  const rows = (await listing(page)).map((row) => row.replace(/\s+/g, ' '));
  assert.ok(
    rows.some((row) => /^\+0x[0-9a-f]+ xor eax, esi x \^ y 33 C6$/.test(row.replace('(x ^ y)', 'x ^ y'))),
    rows.join('\n'),
  );
  assert.ok(
    rows.some((row) => /jbe pixel\+0x[0-9a-f]+/.test(row)),
    rows.join('\n'),
  );

  await page.locator('onko-draw canvas[data-drawn]').waitFor();
  assert.deepEqual(await fingerprint(page, 'onko-draw canvas'), expected(text, 4));

  await bootIt(page);
  assert.equal(await verdict(page), 'passed', await verdictText(page));
  await assertOnScreen(page, text);
  const iso = await downloaded(page, page.locator('onko-machine [data-disc-download]'));
  const kernel = fileBytes(iso.bytes, findFile(readContent(iso.bytes), 'kernel.elf'));
  const original = new Uint8Array(readFileSync(`${root}/public/isos/${draw.file}`));
  const before = fileBytes(original, findFile(readContent(original), 'kernel.elf'));
  const { offset, size } = draw.slot;
  assert.deepEqual(Buffer.from(kernel.subarray(offset + size)), Buffer.from(before.subarray(offset + size)));
  assert.notDeepEqual(
    Buffer.from(kernel.subarray(offset, offset + size)),
    Buffer.from(before.subarray(offset, offset + size)),
  );

  const source = await downloaded(page, page.locator('onko-draw [data-action=source]'));
  assert.equal(source.name, 'onko-my-picture.zip');
  const main = strFromU8(unzipSync(source.bytes)['onko_os/src/main.rs'] ?? new Uint8Array());
  assert.ok(main.includes(`-> u32 {\n    ${text.replace('\n', '\n    ')}\n}`), main);
});

test('a wrong expression is told with its place and its fix, marked, and not booted', async () => {
  const { page } = await site.visit(path);
  await editor(page).fill('let half = width / 2;\nx ^ z');
  await editor(page).blur();
  const problems = page.locator('onko-draw [data-problems]');
  await problems
    .filter({ hasText: 'Line 2, column 5: There is no “z”. There are x, y, width, height, half.' })
    .waitFor();
  assert.match(await problems.locator('pre').innerText(), /^x \^ z\n {4}\^$/);
  assert.equal(await editor(page).getAttribute('aria-invalid'), 'true');
  await problems.locator('button').click();
  const marked = await editor(page).evaluate((element) => {
    const { value, selectionStart, selectionEnd } = element as HTMLTextAreaElement;
    return value.slice(selectionStart, selectionEnd);
  });
  assert.equal(marked, 'z');
  await bootIt(page);
  await page.locator('onko-draw [data-boot-problem]', { hasText: 'mend the expression first' }).waitFor();
  assert.equal(await page.locator('onko-machine').getAttribute('data-state'), 'off');

  const long = `x${' * 1000 + y'.repeat(450).slice(0, 3990)}`.replace(/[ *+]+$/, '');
  await editor(page).fill(long);
  await page.locator('onko-draw [data-code-size]', { hasText: 'more than the 4096' }).waitFor();
  await bootIt(page);
  await page.locator('onko-draw [data-boot-problem]', { hasText: 'the kernel has room for 4096' }).waitFor();

  await editor(page).fill('x ^ y');
  await bootIt(page);
  assert.equal(await verdict(page), 'passed', await verdictText(page));
});

test('the picture is kept, a link carries it, and reset goes back to the page’s own', async () => {
  const { page } = await site.visit(path);
  const initial = presets[0]?.text ?? '';
  assert.equal(await editor(page).inputValue(), initial);
  await editor(page).fill('x & 0xff');
  await editor(page).blur();
  assert.match(page.url(), /#draw=x/);
  const link = page.url();
  await page.goto(new URL(path, site.url).href);
  assert.equal(await editor(page).inputValue(), 'x & 0xff');
  await page.locator('onko-draw [data-action=reset]').click();
  assert.equal(await editor(page).inputValue(), initial);
  await page.reload();
  assert.equal(await editor(page).inputValue(), initial);
  await page.goto(new URL('/', site.url).href);
  await page.goto(link);
  assert.equal(await editor(page).inputValue(), 'x & 0xff');

  await bootIt(page);
  assert.equal(await verdict(page), 'passed', await verdictText(page));
  await page.locator('onko-draw [data-action=reset]').click();
  await page.locator('onko-machine [data-disc-line]').waitFor({ state: 'hidden' });
  assert.equal(await page.locator('onko-machine').getAttribute('data-state'), 'stopped');
});

test('an ISO that does not come is said so, and the next press boots', async () => {
  const { page } = await site.visit(path);
  await page.route('**/isos/draw.iso', (route) => route.fulfill({ status: 404 }));
  await bootIt(page);
  const said = page.locator('onko-draw [data-boot-problem]');
  await said.filter({ hasText: 'draw.iso could not be fetched: the server answers 404' }).waitFor();
  await page.unroute('**/isos/draw.iso');
  await bootIt(page);
  assert.equal(await verdict(page), 'passed');
  assert.equal(await said.textContent(), '');
});

test('without JavaScript the first picture and its machine code are there', async () => {
  const { page } = await site.visit(path, { javaScriptEnabled: false });
  assert.equal(await editor(page).inputValue(), presets[0]?.text);
  assert.match((await listing(page)).join('\n'), /imul eax, eax, 0xff/);
  assert.match((await page.locator('onko-draw canvas').getAttribute('style')) ?? '', /url\(data:image\/png/);
});
