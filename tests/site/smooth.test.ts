import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { beyondFirefox } from '../browsers.ts';
import { boot, openSite } from './browser.ts';

const site = await openSite();

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds. */
  ts: number;
  /** Microseconds of CPU time that the thread spent in it: unlike `dur`, it does not grow on a busy computer. */
  tdur?: number;
}

/** Milliseconds of CPU time that each task of the page's main thread took during some work, longest first. */
async function mainThreadTasks(page: Page, work: () => Promise<void>): Promise<number[]> {
  const browser = page.context().browser();
  assert.ok(browser);
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'blink.user_timing'] },
  });
  await page.evaluate(() => performance.mark('onko-begin'));
  await work();
  await page.evaluate(() => performance.mark('onko-end'));
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;

  const begin = events.find(({ name }) => name === 'onko-begin');
  const end = events.find(({ name }) => name === 'onko-end');
  assert.ok(begin && end, 'the trace holds both marks');
  return events
    .filter(({ ph, pid, tid, name }) => ph === 'X' && pid === begin.pid && tid === begin.tid && /RunTask$/.test(name))
    .filter(({ ts }) => ts > begin.ts && ts < end.ts)
    .map(({ tdur = 0 }) => tdur / 1000)
    .sort((a, b) => b - a);
}

const skip = beyondFirefox('its driver does not say how long the tasks of a page take');
for (const path of ['/', '/part-1/main-rs/', '/part-1/cargo-toml/']) {
  test(`${path} answers within 50 ms while its machine boots`, { skip }, async () => {
    const { page } = await site.visit(path);
    await page.waitForLoadState('networkidle');
    const tasks = await mainThreadTasks(page, async () => assert.equal(await boot(page), 'passed'));
    assert.ok(tasks.length > 20, `only ${tasks.length} tasks were seen`);
    assert.ok((tasks[0] ?? 0) < 50, `the longest tasks took ${tasks.slice(0, 3).join(', ')} ms`);
  });
}
