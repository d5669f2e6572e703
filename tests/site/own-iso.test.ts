import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { rewriteIso } from '../../src/lib/iso9660/write.ts';
import { root } from '../../tools/paths.ts';
import { paintingDisc, talkingDisc, withFiles } from '../machine/fixtures/boot-disc.ts';
import { thorough } from '../thorough.ts';
import { openSite, screenColors, verdict } from './browser.ts';

const site = await openSite();
const path = '/your-iso/';
const iso = (name: string) => new Uint8Array(readFileSync(`${root}/public/isos/${name}.iso`));

async function choose(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.locator('onko-own-iso input').setInputFiles({ name, mimeType: '', buffer: Buffer.from(bytes) });
}

const drop = (page: Page, size: number) =>
  page.locator('onko-own-iso [data-drop]').evaluate((element, bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], 'dropped.iso'));
    element.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, size);

const bootIt = (page: Page) => page.locator('onko-own-iso [data-action=boot]').click();
const findings = (page: Page) => page.locator('onko-own-iso [data-findings]').innerText();

test('a chapter’s ISO is found right, compared, booted and passes, to the pixel', async () => {
  const { page, complaints, strays } = await site.visit(path);
  await choose(page, 'mine.iso', iso('06-limine-conf'));
  await page.locator('[data-summary]', { hasText: 'mine.iso, ' }).waitFor();
  assert.match((await page.locator('[data-summary]').textContent()) ?? '', /nothing wrong was found/);
  const compared = await page.locator('[data-files]').textContent();
  assert.match(compared ?? '', /kernel\.elfthe same.*limine\.confdiffers from byte/);
  await bootIt(page);
  assert.equal(await verdict(page), 'passed', (await page.locator('[data-verdict-text]').textContent()) ?? '');
  assert.deepEqual((await screenColors(page)).colors, ['12,24,33,255']);
  assert.match(await page.locator('[data-disc-line]').innerText(), /mine\.iso/);
  assert.deepEqual(complaints, []);
  assert.deepEqual(strays, []);

  await page.locator('onko-own-iso [data-action=reset]').click();
  assert.equal(await page.locator('[data-report]').isVisible(), false);
  assert.equal(await page.locator('[data-disc-line]').isVisible(), false);
});

test('another loader’s ISO is booted without a verdict', async () => {
  const { page } = await site.visit(path);
  await choose(page, 'red.iso', withFiles(paintingDisc(0x00ff0000)));
  await bootIt(page);
  await page.locator('onko-machine[data-state="halted"]').waitFor({ timeout: 30_000 });
  assert.deepEqual((await screenColors(page)).colors, ['255,0,0,255']);
  assert.equal(await page.locator('onko-machine').getAttribute('data-verdict'), '');

  await choose(page, 'words.iso', withFiles(talkingDisc('I am another.')));
  await page.locator('[data-summary]', { hasText: 'words.iso' }).waitFor();
  await bootIt(page);
  await page.locator('[data-text-screen]', { hasText: 'I am another.' }).waitFor({ state: 'attached' });
});

test('what is wrong is said with its place; what cannot start has no button, and the machine works all the same', async () => {
  const { page } = await site.visit(path);
  await choose(page, 'cut.iso', iso('05-main-rs').subarray(0, 60_000));
  await page.locator('[data-findings] [data-kind=bad]').waitFor();
  assert.match(await findings(page), /byte 32848 of the ISO: it says \d+ bytes, but the image ends after 60000/);
  assert.equal(await page.locator('onko-own-iso [data-action=boot]').isVisible(), false);

  const conf = new TextEncoder().encode('timeout: three\n');
  await choose(page, 'conf.iso', rewriteIso(iso('05-main-rs'), new Map([['limine.conf', conf]])));
  await page.locator('[data-summary]', { hasText: 'conf.iso' }).waitFor();
  assert.match(await findings(page), /limine\.conf, line 1, column/);
  await bootIt(page);
  assert.equal(await verdict(page), 'failed');

  await page.locator('[data-action="own-disc"]').click();
  await page.locator('onko-machine [data-action=power]').click();
  assert.equal(await verdict(page), 'passed');
});

test('a file can be dropped, and one that is too large is refused before it is read', async () => {
  const { page } = await site.visit(path);
  await drop(page, 5000);
  await page.locator('[data-summary]', { hasText: 'dropped.iso, 5000 bytes' }).waitFor();
  await drop(page, 64 * 1024 * 1024 + 1);
  const alert = page.locator('onko-own-iso [role=alert]', { hasText: 'at most 67108864' });
  await alert.waitFor();
});

/** Every bootable ISO that Debian 12 has in a package: whose loader it is, and the last that it says without a hard disk or a network. */
const othersDiscs = [
  [
    '/usr/lib/ipxe/ipxe.iso',
    '/isolinux.bin',
    /iPXE initialising devices\.\.\.ok[^]*Press Ctrl-B for the iPXE command line/,
  ],
  [
    '/usr/lib/grub-rescue/grub-rescue-cdrom.iso',
    '/boot/grub/i386-pc/eltorito.img',
    /GNU GRUB +version 2\.[^]*\*GNU\/Linux[^]*will be executed automatically in \d+s/,
  ],
  [
    '/usr/lib/memtest86+/memtest86+x64.iso',
    '/boot/floppy.img',
    /Memtest86\+ v6\.[^]*Memory +: +64MB[^]*Status: Testing/,
  ],
] as const;

for (const [file, loader, shows] of othersDiscs) {
  // iPXE takes its time to look for a network, more than a whole chapter's tests.
  const skip = file.includes('ipxe') && !thorough;
  test(`${file} of Debian is looked over, and boots without a promise`, { skip, timeout: 180_000 }, async () => {
    const { page, complaints } = await site.visit(path);
    await choose(page, 'others.iso', new Uint8Array(readFileSync(file)));
    await page.locator('[data-summary]', { hasText: 'nothing wrong was found' }).waitFor();
    assert.ok((await findings(page)).includes(`The loader in ${loader} is neither Limine nor ours.`));
    assert.match((await page.locator('[data-comparison]').textContent()) ?? '', /^0 of \d+ files are the same/);
    await bootIt(page);
    const text = page.locator('onko-machine [data-text-screen]', { hasText: shows });
    await text.waitFor({ state: 'attached', timeout: 150_000 });
    assert.equal(await page.locator('onko-machine').getAttribute('data-verdict'), '', 'nothing was promised');
    assert.deepEqual(complaints, []);

    await page.locator('[data-action="own-disc"]').click();
    await page.locator('onko-machine [data-action=power]').click();
    assert.equal(await verdict(page), 'passed', 'the machine is as good as before');
  });
}

test('in the chapter on the triple, an ISO of one’s own goes into the 32-bit PC, and its refusal is shown', async () => {
  const { page, complaints } = await site.visit('/part-1/config-toml/');
  const machine = page.locator('onko-machine');
  await choose(page, 'ours.iso', iso('05-main-rs'));
  await page.locator('[data-summary]', { hasText: 'ours.iso' }).waitFor();
  assert.equal(await machine.getAttribute('data-pc'), '64-bit');
  await bootIt(page);
  assert.equal(await machine.getAttribute('data-pc'), '32-bit');
  assert.equal(await machine.getByRole('radio', { name: 'a 32-bit PC' }).isChecked(), true);
  assert.equal(await verdict(page), 'passed');
  assert.match((await page.locator('[data-serial]').textContent()) ?? '', /CPUID 0x80000001, EDX bit 29/);
  assert.match(await page.locator('[data-disc-line]').innerText(), /ours\.iso/);

  // Of another loader nothing is promised; what it says is on the screen.
  await choose(page, 'other.iso', withFiles(talkingDisc('CPU does not support 64-bit mode')));
  await page.locator('[data-summary]', { hasText: 'other.iso' }).waitFor();
  await bootIt(page);
  await page.locator('[data-text-screen]', { hasText: 'CPU does not support' }).waitFor({ state: 'attached' });
  await page.locator('onko-machine[data-state="halted"]').waitFor();
  assert.equal(await machine.getAttribute('data-verdict'), '');

  await choose(page, 'cut.iso', iso('05-main-rs').subarray(0, 60_000));
  await page.locator('[data-findings] [data-kind=bad]').waitFor();
  assert.match(await findings(page), /the image ends after 60000/);
  assert.equal(await page.locator('onko-own-iso [data-action=boot]').isVisible(), false);
  await drop(page, 64 * 1024 * 1024 + 1);
  await page.locator('onko-own-iso [role=alert]', { hasText: 'at most 67108864' }).waitFor();
  assert.deepEqual(complaints, []);
});
