import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { serviceOrigin } from '../../src/lib/workbench/container.ts';
import { decodeEdits, storedEdits } from '../../src/lib/workbench/edits.ts';
import { boot, dist, downloaded, openSite, pagePaths, saved, verdict } from './browser.ts';
import { ContainerDouble } from './container-double.ts';

const site = await openSite();
const isolated = await openSite({ headers: true });
const path = '/workbench/';

/** Where a bench runs, and how one gets there. */
const places = [
  { name: 'in this page', visit: () => site.visit(path) },
  {
    name: 'in a WebContainer',
    async visit() {
      const visited = await isolated.visit(path);
      await ContainerDouble.attach(visited.page);
      await ready(visited.page);
      await visited.page.getByRole('radio', { name: 'In a WebContainer' }).check();
      await visited.page.getByRole('button', { name: 'Agree' }).click();
      await visited.page
        .locator('onko-workbench[data-bench="container"][data-state="ready"]')
        .waitFor({ timeout: 20_000 });
      return visited;
    },
  },
];

const bench = (page: Page) => page.locator('onko-workbench');
const ready = (page: Page) => page.locator('onko-workbench[data-state="ready"]').waitFor({ timeout: 20_000 });

/** Types a command and waits for what it prints. */
async function type(page: Page, line: string, answer: RegExp): Promise<void> {
  await page.getByLabel('Command, in').fill(line);
  await page.getByLabel('Command, in').press('Enter');
  await page.waitForFunction(
    ([source, flags]) => new RegExp(source ?? '', flags).test(document.querySelector('[data-log]')?.textContent ?? ''),
    [answer.source, answer.flags],
    { timeout: 20_000 },
  );
}

/** What the browser keeps of the reader's changes to a chapter's files. */
const kept = (page: Page, chapter: string) =>
  page.evaluate((key) => localStorage.getItem(key) ?? '', storedEdits(chapter).key).then(decodeEdits);

for (const { name, visit } of places) {
  test(`from the first key to a booted ISO, ${name}`, async () => {
    const { page, complaints, strays } = await visit();
    await ready(page);
    await type(page, 'ls', /limine\.conf/);
    await type(page, 'cat limine.conf', /protocol: limine/);
    await type(page, 'hexdump kernel.elf 0 16', /7f 45 4c 46/);
    await type(page, 'onko elf kernel.elf', /entry/i);
    await type(page, 'onko conf limine.conf', /Booting automatically|Onko OS/);
    await type(page, 'onko pixel 100 50 --pitch 5504', /275600/);
    await type(page, 'onko --help', /Usage: onko COMMAND/);
    await type(page, 'help', /boot \[ISO\]/);
    await type(page, 'boot', /booting \/07-makefile/);
    assert.equal(await verdict(page), 'passed');
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      strays.filter((url) => !url.startsWith(serviceOrigin)),
      [],
    );
  });

  test(`changes stay when the page is opened again, can be taken home and be put back, ${name}`, async () => {
    const { page } = await visit();
    await ready(page);
    await type(page, 'edit limine.conf', /edit limine\.conf/);
    const editor = page.locator('[data-editor]');
    await editor.fill('timeout: 7\n');
    await type(page, 'cat limine.conf', /timeout: 7/);
    await type(page, 'cp limine.conf other.conf', /cp limine/);
    await page.getByRole('button', { name: '07-makefile/other.conf' }).waitFor();
    await page.waitForFunction(
      (key) => localStorage.getItem(key)?.includes('other.conf'),
      storedEdits('07-makefile').key,
    );
    await page.reload();
    await ready(page);
    await type(page, 'cat other.conf', /timeout: 7/);

    const { name: file, bytes } = await downloaded(page, bench(page).getByRole('button', { name: 'Download as zip' }));
    assert.equal(file, 'workbench.zip');
    assert.equal(new TextDecoder().decode(unzipSync(bytes)['07-makefile/limine.conf']), 'timeout: 7\n');
    const zip = unzipSync((await saved(page, () => type(page, 'zip', /07-makefile\.zip: \d+/))).bytes);
    assert.equal(new TextDecoder().decode(zip['limine.conf']), 'timeout: 7\n');

    await bench(page).getByRole('button', { name: 'Put everything back' }).click();
    await ready(page);
    await type(page, 'cat limine.conf', /protocol: limine/);
    assert.equal((await kept(page, '07-makefile')).files.size, 0);
  });

  test(`the tree opens files, another chapter brings its own, and arrows recall lines, ${name}`, async () => {
    const { page } = await visit();
    await ready(page);
    await page.getByRole('button', { name: '07-makefile/src/main.rs' }).click();
    await page.waitForFunction(() =>
      document.querySelector<HTMLTextAreaElement>('[data-editor]')?.value.includes('kmain'),
    );
    await type(page, 'pwd', /\/07-makefile\n/);
    await page.getByLabel('Command, in').press('ArrowUp');
    assert.equal(await page.getByLabel('Command, in').inputValue(), 'pwd');
    await page.getByLabel('Chapter').selectOption('05-main-rs');
    await page.getByRole('button', { name: '05-main-rs/src/main.rs' }).waitFor();
    await ready(page);
    await type(page, 'ls', /05-main-rs\.iso/);
  });
}

for (const { name, visit } of places) {
  test(`full storage is told, and the work goes on, ${name}`, async () => {
    const { page } = await visit();
    await ready(page);
    await page.evaluate(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
    });
    await type(page, 'cp limine.conf other.conf', /cp limine/);
    await bench(page).getByRole('alert').filter({ hasText: 'keeps no more of your changes' }).waitFor();
    await type(page, 'cat other.conf', /protocol: limine/);
  });
}

test('files that cannot be fetched are told, and opening again mends it', async () => {
  const { page } = await site.visit('/404.html');
  await page.route('**/downloads/07-makefile.zip', (route) => route.abort());
  await page.goto(new URL(path, site.url).href);
  await bench(page).getByRole('alert').filter({ hasText: 'the server cannot be reached' }).waitFor();
  await page.unroute('**/downloads/07-makefile.zip');
  await bench(page).getByRole('button', { name: 'Open the workbench again' }).click();
  await ready(page);
});

test('a server that never answers is given up within ten seconds', async () => {
  const { page } = await site.visit('/404.html');
  await page.route('**/isos/07-makefile.iso', () => {});
  await page.goto(new URL(path, site.url).href);
  await bench(page).getByRole('alert').filter({ hasText: 'no answer within 10 seconds' }).waitFor({ timeout: 15_000 });
  assert.equal(await bench(page).getAttribute('data-state'), 'failed');
});

test('the machine of the page boots by itself, too, without the terminal', async () => {
  const { page } = await site.visit(path);
  assert.equal(await boot(page), 'passed');
});

test('no other page loads the workbench', async () => {
  for (const each of await pagePaths()) {
    const html = await readFile(`${dist}${each.endsWith('/') ? `${each}index.html` : each}`, 'utf8');
    assert.equal(/<onko-workbench/.test(html), each === path, each);
    const scripts = [...html.matchAll(/src="([^"]+\.js)"/g)].map(([, src = '']) => src);
    for (const src of scripts) {
      const text = await readFile(`${dist}${src}`, 'utf8').catch(() => '');
      if (each !== path) assert.doesNotMatch(text, /onko-workbench/, `${each}: ${src}`);
    }
  }
});
