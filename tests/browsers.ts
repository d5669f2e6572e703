/** The browsers that page tests run in: Debian's Chromium, and Debian's Firefox ESR, driven through WebDriver BiDi. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { chromium, firefox, type Browser } from 'playwright-core';

export type BrowserName = 'chromium' | 'firefox';

/** Which of them this run is for; `./onko test` runs the page tests once for each. */
export const browserName: BrowserName = process.env['ONKO_BROWSER'] === 'firefox' ? 'firefox' : 'chromium';

/** Why a test, or a part of one, is skipped in Firefox; false in Chromium. To be given to node's runner as `skip`. */
export const beyondFirefox = (reason: string): string | false => browserName === 'firefox' && reason;

/** What only a browser's settings can say in Firefox, where the driver cannot change it for a page. */
export interface Preferences {
  colorScheme?: 'dark' | 'light';
  reducedMotion?: 'reduce';
  forcedColors?: 'active';
  javaScriptEnabled?: false;
  hasTouch?: true;
}

/** Where Firefox puts what is downloaded. Its driver does not tell of a file that the page has made itself. */
export const downloadsFolder = browserName === 'firefox' ? mkdtempSync(`${tmpdir()}/onko-downloads-`) : '';
if (downloadsFolder) process.on('exit', () => rmSync(downloadsFolder, { recursive: true, force: true }));

/** The reader's few colours, which Firefox then takes for all others, and judges whether they are a dark or a light scheme. */
const readersColors = {
  dark: { foreground: '#ffffff', background: '#000000', link: '#8080ff' },
  light: { foreground: '#000000', background: '#ffffff', link: '#0000ee' },
};

function firefoxSettings({
  colorScheme = 'light',
  reducedMotion,
  forcedColors,
  javaScriptEnabled,
  hasTouch,
}: Preferences): Record<string, string | number | boolean> {
  const { foreground, background, link } = readersColors[colorScheme];
  // A finger, or a mouse that can hover, which a machine without one does not tell of.
  const pointer = hasTouch ? 1 : 6;
  return {
    'layout.css.prefers-color-scheme.content-override': colorScheme === 'dark' ? 0 : 1,
    'ui.prefersReducedMotion': reducedMotion === 'reduce' ? 1 : 0,
    'ui.primaryPointerCapabilities': pointer,
    'ui.allPointerCapabilities': pointer,
    // As on a phone: bars that lie over the page take none of its width.
    'ui.useOverlayScrollbars': 1,
    'javascript.enabled': javaScriptEnabled ?? true,
    ...(forcedColors === 'active' && {
      'browser.display.document_color_use': 2,
      'browser.display.use_system_colors': false,
      'browser.display.foreground_color': foreground,
      'browser.display.background_color': background,
      'browser.anchor_color': link,
    }),
  };
}

/** Starts the browser of this run without a window. */
export function launchBrowser(preferences: Preferences = {}): Promise<Browser> {
  if (browserName === 'firefox') {
    return firefox.launch({
      channel: 'moz-firefox',
      executablePath: '/usr/bin/firefox-esr',
      downloadsPath: downloadsFolder,
      firefoxUserPrefs: firefoxSettings(preferences),
    });
  }
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
