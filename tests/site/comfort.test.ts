import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { chapters } from '../../kernel/pipeline/chapters.ts';
import { root } from '../../tools/paths.ts';
import { boot, dist, openSite, pagePaths, showOnPaper } from './browser.ts';

const site = await openSite();
const paths = await pagePaths();
const chapterPaths = chapters.map(({ name }) => `/part-1/${name}/`);

test('every page that is written is published, and none is a draft', async () => {
  const folder = `${root}/src/content/docs`;
  for await (const file of glob('**/*.{md,mdx}', { cwd: folder })) {
    assert.doesNotMatch(await readFile(`${folder}/${file}`, 'utf8'), /^draft:/m, file);
    const name = file.replace(/\.mdx?$/, '').replace(/(^|\/)index$/, '');
    assert.ok(paths.includes(name === '404' ? '/404.html' : name === '' ? '/' : `/${name}/`), file);
  }
});

test('the front page lists all chapters in order, and next leads from each to the one after, and on to the end', async () => {
  const { page } = await site.visit('/');
  const listed = await page
    .locator('onko-boot-log a')
    .evaluateAll((links) => links.map((link) => new URL((link as HTMLAnchorElement).href).pathname));
  assert.deepEqual(listed, chapterPaths);

  const way: string[] = [];
  await page.goto(new URL(chapterPaths[0] ?? '', site.url).href);
  for (;;) {
    way.push(new URL(page.url()).pathname);
    const next = page.locator('.pagination-links a[rel="next"]');
    if ((await next.count()) === 0) break;
    await next.click();
    await page.waitForURL((url) => url.pathname !== way.at(-1), { waitUntil: 'domcontentloaded' });
  }
  assert.deepEqual(way.slice(0, 8), [...chapterPaths, '/what-you-have/']);
  assert.deepEqual(way.toSorted(), paths.filter((path) => path !== '/' && path !== '/404.html').toSorted());
});

for (const path of chapterPaths) {
  test(`${path} says how long it takes, and gives its files, its changes and its downloads`, async () => {
    const { page } = await site.visit(path);
    const minutes = Number(await page.locator('[data-reading-minutes]').textContent());
    assert.ok(minutes >= 5 && minutes <= 60, `${minutes} minutes`);
    const chapter = chapters.find(({ name }) => path === `/part-1/${name}/`);
    assert.equal(await page.locator(`a[href="/downloads/${chapter?.id}.zip"]`).count(), 1);
    assert.ok((await page.locator(`a[href="/isos/${chapter?.id}.iso"]`).count()) >= 1);
    assert.ok(await page.getByText(/^[0-9a-f]{64}$/).count(), 'the SHA-256 of the downloads');
    assert.equal(await page.locator('onko-machine .expected').isVisible(), true);
    if (chapter?.build === 'none') return;
    assert.ok((await page.locator('.listing').count()) > 0);
    assert.equal(await page.locator('.changes').count(), 1);
  });

  test(`${path} has a link to every heading and every listing, which the keyboard reaches and sees`, async () => {
    const { page } = await site.visit(path);
    const headings = page.locator('.sl-markdown-content .sl-heading-wrapper');
    const links = headings.locator('> a.sl-anchor-link');
    assert.ok((await headings.count()) >= 5);
    assert.equal(await links.count(), await headings.count());
    const first = links.first();
    assert.equal(await first.evaluate((link) => getComputedStyle(link).opacity), '0');
    await first.focus();
    assert.equal(await first.evaluate((link) => getComputedStyle(link).opacity), '1');
    await page.keyboard.press('Enter');
    assert.match(new URL(page.url()).hash, /^#./);
    assert.equal(await page.locator('.listing > .listing-link').count(), await page.locator('.listing').count());
  });
}

/** What the copy buttons of a page would copy. */
function copied(page: Page): Promise<string[]> {
  return page
    .locator('button[data-code]')
    .evaluateAll((buttons) =>
      buttons.map((button) => (button as HTMLButtonElement).dataset['code']?.replaceAll('\u007f', '\n') ?? ''),
    );
}

for (const path of paths) {
  test(`${path}: no copy button copies a prompt, a colour code or a line number`, async () => {
    const { page } = await site.visit(path);
    for (const code of await copied(page)) {
      assert.doesNotMatch(code, /^\$ /m);
      assert.ok(!code.includes('\u001b'), code);
      assert.doesNotMatch(code, /^\s*1\s.*\n\s*2\s/);
    }
  });
}

test('the copy button of a recording gives the command that was recorded', async () => {
  const { page } = await site.visit('/part-1/cargo-toml/', { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.locator('#transcript-02-tree button[data-code]').click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) !== '');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'cargo tree');
});

for (const [words, path] of [
  ['pitch framebuffer', '/part-1/main-rs/'],
  ['canonical address', '/part-1/linker-script/'],
  ['unwinding', '/part-1/cargo-toml/'],
  ['relocation model', '/part-1/config-toml/'],
  ['countdown', '/part-1/limine-conf/'],
  ['xorriso', '/part-1/makefile/'],
] as const) {
  test(`searching for “${words}” finds ${path}`, async () => {
    const { page, complaints, strays } = await site.visit('/');
    await page.keyboard.press('Control+k');
    // The search is loaded when the browser is idle, and a headless one that draws nothing never says that it is.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    await page.locator('site-search input').fill(words);
    await page.locator(`site-search a[href^="${path}"]`).first().waitFor();
    assert.deepEqual(complaints, []);
    assert.deepEqual(strays, []);
  });
}

for (const colorScheme of ['dark', 'light'] as const) {
  test(`on paper there is text and no machinery, black on white, ${colorScheme}`, async () => {
    const { page } = await site.visit('/part-1/linker-script/', { colorScheme });
    assert.equal(await boot(page), 'passed');
    await showOnPaper(page);
    const selectors = ['.page > header', 'nav.sidebar', '.right-sidebar', '.pagination-links', 'onko-machine .chin'];
    for (const selector of [...selectors, 'onko-machine canvas', 'onko-machine .strip', '.copy']) {
      assert.equal(await page.locator(selector).first().isVisible(), false, selector);
    }
    assert.equal(await page.locator('onko-machine .recorded').isVisible(), true);
    assert.match((await page.locator('onko-machine .on-paper').innerText()) ?? '', /04-linker-script\.iso boots here/);
    const colors = await page.evaluate(() => {
      const code = document.querySelector('.listing pre');
      const token = document.querySelector('.listing .ec-line .code span[style]');
      return {
        page: getComputedStyle(document.body).backgroundColor,
        code: code && getComputedStyle(code).backgroundColor,
        // The brightest channel of a word of code: a tone of the dark theme would be near 255.
        token: token && Math.max(...(getComputedStyle(token).color.match(/\d+/g) ?? []).map(Number)),
      };
    });
    assert.equal(colors.page, 'rgb(255, 255, 255)');
    assert.equal(colors.code, 'rgb(255, 255, 255)');
    assert.ok(colors.token !== null && colors.token < 180, `${colors.token}`);
  });
}

test('on paper a link that leaves the site shows where to', async () => {
  const { page } = await site.visit('/resources/');
  await showOnPaper(page);
  const link = page.locator('.sl-markdown-content a[href^="https://os.phil-opp.com"]');
  // Firefox computes the function's name, Chromium its value.
  const shown = await link.evaluate((element) =>
    getComputedStyle(element, '::after').content.replace('attr(href)', element.getAttribute('href') ?? ''),
  );
  assert.match(shown, /https:\/\/os\.phil-opp/);
});

test('chapters link to their folder in the repository where SITE_REPOSITORY names one, and only there', async () => {
  for (const path of chapterPaths) {
    const html = await readFile(`${dist}${path}index.html`, 'utf8');
    assert.equal(html.includes('/tree/HEAD/kernel/chapters/'), Boolean(process.env['SITE_REPOSITORY']), path);
  }
});
