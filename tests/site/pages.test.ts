import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import type { Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';
import { thorough } from '../thorough.ts';
import { boot, dist, openSite, pagePaths, violations } from './browser.ts';

const site = await openSite();
const paths = await pagePaths();

test('the site has its front page, the chapter and the page on the machine', () => {
  for (const path of ['/', '/part-1/main-rs/', '/about/machine/']) assert.ok(paths.includes(path), path);
});

test('every page says its language, and leaves its code to no translator', async () => {
  const languages = (await readdir(`${root}/src/content/i18n`)).map((file) => file.replace('.json', ''));
  const marked = /translate="?no\b/;
  for (const path of paths) {
    const html = await readFile(`${dist}${path.replace(/\/$/, '/index.html')}`, 'utf8');
    const language = languages.find((each) => path.startsWith(`/${each.toLowerCase()}/`)) ?? 'en';
    assert.equal(/<html lang="([^"]*)"/.exec(html)?.[1], language, path);
    // Whether an element and what it stands in is left alone, tag by tag.
    const open: { tag: string; alone: boolean }[] = [];
    const text = html.replace(/<!--[^]*?-->|<(script|style|textarea)\b[^]*?<\/\1>/g, '');
    for (const [whole, end, tag = ''] of text.matchAll(
      /<(\/?)(pre|code|table|ul|ol|dl|p|div|span|section|figure)\b[^>]*>/g,
    )) {
      if (end) {
        while (open.length > 0 && open.pop()?.tag !== tag);
        continue;
      }
      const alone = marked.test(whole) || open.at(-1)?.alone === true;
      open.push({ tag, alone });
      if (tag === 'pre' || tag === 'code') assert.ok(alone, `${path}: ${whole}`);
    }
  }
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`axe objects to nothing once the machine has booted, ${colorScheme}`, async () => {
    const { page } = await site.visit('/', { colorScheme, reducedMotion: 'reduce' });
    assert.equal(await boot(page), 'passed');
    assert.deepEqual(await violations(page), []);
  });
}

for (const path of paths.filter((path) => path.startsWith('/part-1/'))) {
  // Dozens of cards take axe half a minute; they are made like those of the other chapters.
  const skip = /main-rs|linker-script/.test(path) && !thorough;
  test(`${path} has nothing that axe objects to on a phone, with every card open`, { skip }, async () => {
    const { page } = await site.visit(path, { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('main details')) (details as HTMLDetailsElement).open = true;
    });
    // Which listings can be scrolled is found out when the page has a moment to spare.
    await page.waitForFunction(() =>
      [...document.querySelectorAll('main :is(.expressive-code pre, .sl-markdown-content table)')].every(
        (region) => region.scrollWidth <= region.clientWidth || region.hasAttribute('tabindex'),
      ),
    );
    assert.deepEqual(await violations(page), []);
  });
}

test('a chapter counts as read when its end has been seen, and not before', async () => {
  const { page } = await site.visit('/part-1/main-rs/');
  const stored = () => page.evaluate(() => localStorage.getItem('onko.progress.v1'));
  assert.equal(await stored(), null);
  await page.locator('onko-read-mark').scrollIntoViewIfNeeded();
  await page.waitForFunction(() => localStorage.getItem('onko.progress.v1') !== null);
  assert.deepEqual(JSON.parse((await stored()) ?? ''), { '05-main-rs': { read: true } });
});

/** How wide the page is, and what has too little room on it: controls that leave it or lie over others, text that is cut. */
function cramped(): { scrollWidth: number; problems: string[] } {
  const problems: string[] = [];
  const name = (element: Element) =>
    `${element.localName}.${element.className}: ${element.textContent?.trim().slice(0, 40)}`;
  /** Whether it can be brought into view by scrolling something within the page. */
  const scrolls = (element: Element | null): boolean => {
    for (let each = element?.parentElement; each; each = each.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(each).overflowX)) return true;
    }
    return false;
  };
  const seen = (element: Element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const controls = [...document.querySelectorAll('main :is(a[href], button, input, select, textarea, summary)')]
    .filter(seen)
    .map((element) => ({
      element,
      boxes: [...element.getClientRects()].filter(({ width, height }) => width > 1 && height > 1),
    }));
  for (const { element, boxes } of controls) {
    if (boxes.some(({ left, right }) => left < -1 || right > innerWidth + 1) && !scrolls(element)) {
      problems.push(`out of the page: ${name(element)}`);
    }
  }
  controls.forEach(({ element, boxes }, index) => {
    for (const other of controls.slice(index + 1)) {
      if (element.contains(other.element) || other.element.contains(element)) continue;
      const over = boxes.some((a) =>
        other.boxes.some(
          (b) =>
            Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 6,
        ),
      );
      if (over) problems.push(`one over another: ${name(element)} and ${name(other.element)}`);
    }
  });
  for (const element of document.querySelectorAll('main *')) {
    if (element.scrollWidth <= element.clientWidth + 1 || element.clientWidth < 4 || !seen(element)) continue;
    if (['hidden', 'clip'].includes(getComputedStyle(element).overflowX) && element.textContent?.trim()) {
      problems.push(`cut: ${name(element)}`);
    }
  }
  return { scrollWidth: document.documentElement.scrollWidth, problems };
}

for (const path of paths) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test(`${path} has nothing that axe objects to, ${colorScheme}`, async () => {
      const { page } = await site.visit(path, { colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await violations(page), []);
    });
  }

  test(`${path} fits phones of 390 and of 320 pixels, and a screen of 1280 at 200 %`, async () => {
    const { page } = await site.visit(path, { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
    for (const width of [640, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      const { scrollWidth, problems } = await page.evaluate(cramped);
      assert.equal(scrollWidth, width);
      assert.deepEqual(problems, [], `at ${width} pixels`);
    }
  });

  test(`${path} asks no other host for anything, has nothing on the console, and links only to what is there`, async () => {
    const { page, complaints, strays } = await site.visit(path);
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.waitForLoadState('networkidle');
    assert.deepEqual(strays, []);
    assert.deepEqual(complaints, []);
    const { hrefs, ids } = await page.evaluate(() => ({
      hrefs: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].map(({ href }) => href),
      ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    }));
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
      'every id is there once',
    );
    for (const href of new Set(hrefs)) {
      if (!href.startsWith(site.url)) continue;
      const { pathname, hash } = new URL(href);
      const file = `${dist}${decodeURIComponent(pathname)}${pathname.endsWith('/') ? 'index.html' : ''}`;
      assert.ok(existsSync(file), `${href} leads nowhere`);
      if (hash && file.endsWith('.html')) {
        assert.ok(
          (await readFile(file, 'utf8')).includes(`id="${decodeURIComponent(hash.slice(1))}"`),
          `${href}: no such id`,
        );
      }
    }
  });
}

test('the ISO is served as the manifest describes it', async () => {
  const manifest = JSON.parse(await readFile(`${root}/public/isos/manifest.json`, 'utf8')) as Manifest;
  assert.ok(manifest.isos.length > 0);
  for (const { file, size, sha256 } of manifest.isos) {
    const bytes = new Uint8Array(await (await fetch(`${site.url}isos/${file}`)).arrayBuffer());
    assert.equal(bytes.length, size);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  }
});

test("the chapter's zip holds the files that its page lists", async () => {
  const response = await fetch(`${site.url}downloads/05-main-rs.zip`);
  assert.equal(response.status, 200);
  const names = Object.keys(unzipSync(new Uint8Array(await response.arrayBuffer())));
  for (const file of ['Cargo.toml', '.cargo/config.toml', 'linker.ld', 'src/main.rs']) {
    assert.ok(
      names.some((name) => name === file || name.endsWith(`/${file}`)),
      `${file} is not among ${names.join(', ')}`,
    );
  }
});

test('our changes to Bochs can be downloaded, with the script that builds the engine', async () => {
  const response = await fetch(`${site.url}downloads/machine-engine.zip`);
  const names = Object.keys(unzipSync(new Uint8Array(await response.arrayBuffer())));
  assert.ok(names.includes('machine-engine/build.ts'), names.join(', '));
  assert.ok(
    names.some((name) => name.endsWith('.patch')),
    names.join(', '),
  );
});

test('a listing shows the lines of the compiled file under their real numbers', async () => {
  const { page } = await site.visit('/part-1/main-rs/');
  const whole = page.locator('#listing-src-main-rs');
  const part = page.locator('#listing-src-main-rs-fill-loop');
  const lines = (locator: typeof whole) =>
    locator.locator('.ec-line').evaluateAll((elements) =>
      elements.map((line) => ({
        number: Number(line.querySelector('.ln')?.textContent),
        code: line.querySelector('.code')?.textContent?.trimEnd(),
      })),
    );
  const all = await lines(whole);
  assert.deepEqual(
    all.map(({ number }) => number),
    all.map((_, index) => index + 1),
  );
  const some = await lines(part);
  assert.ok(some.length > 3);
  for (const { number, code } of some) assert.equal(code, all[number - 1]?.code);
});

test('copying a listing copies the code without line numbers', async () => {
  const { page } = await site.visit('/part-1/main-rs/');
  const copied = await page.locator('#listing-src-main-rs-fill-loop button[data-code]').getAttribute('data-code');
  assert.match(copied ?? '', /for y in 0\.\.height/);
  assert.doesNotMatch(copied ?? '', /^\s*\d+ /m);
});

test('without JavaScript the front page says what the machine would do, and offers the ISO', async () => {
  const { page } = await site.visit('/', { javaScriptEnabled: false });
  assert.match((await page.locator('onko-machine noscript').textContent()) ?? '', /JavaScript/);
  assert.equal(await page.locator('onko-machine a[download]').getAttribute('href'), '/isos/05-main-rs.iso');
  assert.equal(await page.locator('[data-action="power"]').isVisible(), false);
});
