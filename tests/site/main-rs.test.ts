import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';
import { boot, openSite } from './browser.ts';

const site = await openSite();
const manifest = JSON.parse(await readFile(`${root}/public/isos/manifest.json`, 'utf8')) as Manifest;
const kmain = manifest.isos
  .find((iso) => iso.chapter === '05-main-rs')
  ?.kernel?.symbols.find((symbol) => symbol.name === 'kmain');

test('the machine of the main.rs chapter shows what its text says: the mode, the pitch, and RIP behind the last hlt', async () => {
  assert.ok(kmain);
  const { page } = await site.visit('/part-1/main-rs/');
  assert.equal(await boot(page), 'passed');
  assert.equal(await page.locator('onko-machine').getAttribute('data-screen'), '1024x768x32');
  assert.match((await page.locator('[data-reading="screen"]').textContent()) ?? '', /pitch 4096 bytes/);
  const jump = BigInt(kmain.address) + BigInt(kmain.size) - 2n;
  const rip = (await page.locator('[data-reading="rip"]').textContent()) ?? '';
  assert.equal(BigInt(/0x[0-9a-f_]+/.exec(rip)?.[0].replaceAll('_', '') ?? 0), jump);
});
