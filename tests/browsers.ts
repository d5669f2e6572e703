/** The browsers that page tests run in: Debian's Chromium, and Debian's Firefox ESR, driven through WebDriver BiDi. */
import { chromium, firefox, type Browser } from 'playwright-core';

export type BrowserName = 'chromium' | 'firefox';

/** Which of them this run is for; `./onko test` runs the page tests once for each. */
export const browserName: BrowserName = process.env['ONKO_BROWSER'] === 'firefox' ? 'firefox' : 'chromium';

/** What only a browser's settings can say in Firefox, where the driver cannot change it for a page. */
export interface Preferences {
  colorScheme?: 'dark' | 'light';
  reducedMotion?: 'reduce' | 'no-preference';
}

/** Starts the browser of this run without a window. */
export function launchBrowser(preferences: Preferences = {}): Promise<Browser> {
  if (browserName === 'firefox') {
    return firefox.launch({
      channel: 'moz-firefox',
      executablePath: '/usr/bin/firefox-esr',
      firefoxUserPrefs: {
        'layout.css.prefers-color-scheme.content-override': preferences.colorScheme === 'dark' ? 0 : 1,
        'ui.prefersReducedMotion': preferences.reducedMotion === 'reduce' ? 1 : 0,
        // A mouse that can hover, which a machine without one does not tell of.
        'ui.primaryPointerCapabilities': 6,
        'ui.allPointerCapabilities': 6,
        // As on a phone: bars that lie over the page take none of its width.
        'ui.useOverlayScrollbars': 1,
      },
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
