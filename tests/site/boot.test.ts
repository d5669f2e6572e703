import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { browserName } from '../browsers.ts';
import { busyDisc, echoingDisc, faultingDisc, paintingDisc, talkingDisc } from '../machine/fixtures/boot-disc.ts';
import { boot, layoutShifts, machinePaths, openSite, screenColors, verdict, visitWithDisc } from './browser.ts';

const site = await openSite();

for (const path of await machinePaths()) {
  test(`${path} boots its ISO and passes`, async () => {
    const { page, complaints, strays } = await site.visit(path);
    const machine = page.locator('onko-machine');
    assert.equal(await machine.getAttribute('data-state'), 'off');
    assert.equal(await machine.getAttribute('data-verdict'), '');

    assert.equal(await boot(page), 'passed', (await page.locator('[data-verdict-text]').textContent()) ?? '');
    assert.equal(await machine.getAttribute('data-state'), 'halted');
    assert.deepEqual(complaints, []);
    assert.deepEqual(strays, []);
  });
}

for (const path of ['/', '/part-1/main-rs/']) {
  test(`${path} shows the colour at every pixel of the canvas`, async () => {
    const { page } = await site.visit(path);
    assert.equal(await boot(page), 'passed');
    const { colors, width, height } = await screenColors(page);
    assert.deepEqual(colors, ['12,24,33,255']);
    assert.equal(await page.locator('onko-machine').getAttribute('data-screen'), `${width}x${height}x32`);
    assert.match((await page.locator('[data-verdict-text]').textContent()) ?? '', /0x000C1821/);
  });
}

test('the machine can be reset, switched off and on again, and passes each time', async () => {
  const { page, complaints } = await site.visit('/');
  const machine = page.locator('onko-machine');
  assert.equal(await boot(page), 'passed');

  // Pressed and looked at in one go: a quick machine has its next verdict before another look at the page.
  const afterReset = await machine.evaluate((element) => {
    element.querySelector<HTMLButtonElement>('[data-action="reset"]')?.click();
    return (element as HTMLElement).dataset['verdict'];
  });
  assert.equal(afterReset, '');
  assert.equal(await verdict(page), 'passed');

  await page.locator('[data-action="stop"]').click();
  assert.equal(await machine.getAttribute('data-state'), 'stopped');
  assert.equal(await machine.getAttribute('data-verdict'), '');
  assert.equal(page.workers().length, 0, 'the worker is gone, and its memory with it');

  assert.equal(await boot(page), 'passed');
  assert.deepEqual((await screenColors(page)).colors, ['12,24,33,255']);
  assert.deepEqual(complaints, []);
});

test('a missing ISO is said so, with what to do, and the next press of power boots', async () => {
  const { page } = await site.visit('/about/machine/');
  await page.route('**/isos/*.iso', (route) => route.fulfill({ status: 404 }));
  await page.goto(site.url);
  const machine = page.locator('onko-machine');
  await page.locator('[data-action="power"]').click();
  await page.locator('onko-machine[data-state="failed"]').waitFor();
  const said = (await machine.locator('[data-fault]').textContent()) ?? '';
  assert.match(said, /05-main-rs\.iso/);
  assert.match(said, /404/);
  assert.match(said, /press power again/);

  await page.unroute('**/isos/*.iso');
  assert.equal(await boot(page), 'passed');
});

test('a missing engine is said so, and the next press of power boots', async () => {
  const { page } = await site.visit('/about/machine/');
  await page.route('**/engine/*.wasm', (route) => route.fulfill({ status: 404 }));
  await page.goto(site.url);
  await page.locator('[data-action="power"]').click();
  await page.locator('onko-machine[data-state="failed"]').waitFor();
  assert.match((await page.locator('[data-fault]').textContent()) ?? '', /engine/);

  await page.unroute('**/engine/*.wasm');
  assert.equal(await boot(page), 'passed');
});

test('an ISO that was tampered with is not started, and both hashes are named', async () => {
  const { page } = await site.visit('/about/machine/');
  const tampered = paintingDisc(0x00ff0000);
  await page.route('**/isos/*.iso', (route) => route.fulfill({ status: 200, body: Buffer.from(tampered) }));
  await page.goto(site.url);
  await page.locator('[data-action="power"]').click();
  await page.locator('onko-machine[data-state="failed"]').waitFor();
  const said = (await page.locator('[data-fault]').textContent()) ?? '';
  const expected = readManifest(isosFolder)?.isos.find(({ chapter }) => chapter === '05-main-rs')?.sha256 ?? 'none';
  assert.ok(said.includes(createHash('sha256').update(tampered).digest('hex')), said);
  assert.ok(said.includes(expected), said);

  await page.unroute('**/isos/*.iso');
  assert.equal(await boot(page), 'passed');
});

test('an engine that was tampered with is not started', async () => {
  const { page } = await site.visit('/about/machine/');
  await page.route('**/engine/*.wasm', async (route) => {
    const response = await route.fetch();
    const bytes = Buffer.from(await response.body());
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await route.fulfill({ response, body: bytes });
  });
  await page.goto(site.url);
  await page.locator('[data-action="power"]').click();
  await page.locator('onko-machine[data-state="failed"]').waitFor();
  assert.match(
    (await page.locator('[data-fault]').textContent()) ?? '',
    /engine is not the file.*[0-9a-f]{64}.*[0-9a-f]{64}/,
  );
});

test('an ISO that is no ISO fails in words, not in silence', async () => {
  const { page } = await site.visit('/about/machine/');
  await page.route('**/isos/*.iso', (route) => route.fulfill({ status: 200, body: 'not an ISO at all' }));
  await page.goto(site.url);
  await page.locator('[data-action="power"]').click();
  await page.locator('onko-machine[data-state="failed"]').waitFor();
  assert.notEqual((await page.locator('[data-fault]').textContent())?.trim(), '');
});

test('a screen of another colour fails, and the verdict names the first pixel and both values', async () => {
  const page = await visitWithDisc(site, paintingDisc(0x00ff0000));
  assert.equal(await boot(page), 'failed');
  const said = (await page.locator('[data-verdict-text]').textContent()) ?? '';
  assert.match(said, /All 786,432 pixels differ\. The first is at x 0, y 0: 0x00FF0000 instead of 0x000C1821\./);
  assert.match(said, /should be within kmain/);
});

test('a triple fault is a failed verdict that says so, and the next press of power starts again', async () => {
  const page = await visitWithDisc(site, faultingDisc());
  assert.equal(await boot(page), 'failed');
  assert.match((await page.locator('[data-verdict-text]').textContent()) ?? '', /triple fault/i);
  await page.locator('onko-machine[data-state="stopped"]').waitFor();

  await page.unroute('**/isos/*.iso');
  await page.reload();
  assert.equal(await boot(page), 'passed');
});

test('a machine that does not halt can be paused and resumed', async () => {
  const page = await visitWithDisc(site, busyDisc());
  const pause = page.locator('[data-action="pause"]');
  await page.locator('[data-action="power"]').click();
  await page.locator('onko-machine[data-state="running"]').waitFor();
  await pause.click();
  await page.locator('onko-machine[data-state="paused"]').waitFor();
  assert.equal(await pause.textContent(), 'Resume');
  await pause.click();
  await page.locator('onko-machine[data-state="running"]').waitFor();
  assert.equal(await pause.textContent(), 'Pause');
});

test('what the guest writes is there as text: on the screen, and on the paper strip once', async () => {
  const page = await visitWithDisc(site, talkingDisc('No kernel here.'));
  assert.equal(await boot(page), 'failed');
  assert.match((await page.locator('[data-text-screen]').textContent()) ?? '', /No kernel here\./);
  assert.equal(await page.locator('[data-serial]').innerText(), 'No kernel here.');
});

test('typing reaches the guest while the screen has the focus', async () => {
  const page = await visitWithDisc(site, echoingDisc());
  await page.locator('[data-action="power"]').click();
  await page.locator('onko-machine[data-state="running"]').waitFor();
  await page.locator('onko-machine canvas').click();
  await page.keyboard.type('onko', { delay: 30 });
  await page.locator('[data-text-screen]', { hasText: 'onko' }).waitFor({ state: 'attached' });
});

test('the keyboard belongs to the machine only while its screen has the focus, and Escape twice leaves it', async () => {
  const { page } = await site.visit('/');
  const canvas = page.locator('onko-machine canvas');
  assert.equal(await canvas.getAttribute('tabindex'), '-1', 'a machine that is off is no stop of the Tab key');
  assert.equal(await boot(page), 'passed');

  await canvas.focus();
  await page.keyboard.press('Tab');
  assert.equal(await canvas.evaluate((element) => element === document.activeElement), true);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  const focused = page.locator('[data-action="power"]');
  assert.equal(await focused.evaluate((element) => element === document.activeElement), true);
});

test('booting a chapter is remembered in the boot log, also after a reload', async () => {
  const { page } = await site.visit('/');
  const line = page.locator('[data-progress="05-main-rs"]');
  assert.equal((await line.textContent())?.trim(), 'not started');
  assert.equal(await boot(page), 'passed');
  assert.equal((await line.textContent())?.trim(), 'booted');
  await page.reload();
  await page.locator('[data-progress="05-main-rs"][data-state="booted"]').waitFor();
  const stored = await page.evaluate(() => localStorage.getItem('onko.progress.v1'));
  assert.deepEqual(JSON.parse(stored ?? ''), { '05-main-rs': { booted: true } });
});

/** Where each part of the text stands on the page, but for the machine's own. */
function places(): { what: string; top: number }[] {
  return [...document.querySelectorAll('main :is(h1, h2, h3, p, pre, li, td)')]
    .filter((part) => !part.closest('onko-machine') && part.checkVisibility())
    .map((part) => ({
      what: `${part.localName}: ${part.textContent?.trim().slice(0, 40)}`,
      top: Math.round(part.getBoundingClientRect().top + scrollY),
    }));
}

// The front page, a chapter, and the page of the 32-bit PC.
for (const path of ['/', '/part-1/main-rs/', '/before-the-loader/']) {
  test(`${path}: nothing moves while it loads and while the machine boots`, async () => {
    const { page } = await site.visit(path, { viewport: { width: 390, height: 844 } });
    await page.evaluate(() => document.fonts.ready);
    const before = await page.evaluate(places);
    assert.ok(before.length > 10);
    assert.equal(await boot(page), 'passed');
    const after = await page.evaluate(places);
    assert.equal(after.length, before.length);
    const moved = after.filter(({ top }, index) => Math.abs(top - (before[index]?.top ?? NaN)) > 1);
    assert.deepEqual(moved, []);
    if (browserName === 'firefox') return;
    const shift = (await layoutShifts(page)).reduce((sum, { value }) => sum + value, 0);
    assert.ok(shift < 0.01, `layout shifted by ${shift}`);
  });
}
