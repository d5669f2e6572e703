/** Which test files run together, and in which browser: what `./onko test` goes through, in this order. */

/** Test files of one area that run at the same time, in one browser where they need one. */
export interface TestRun {
  /** As said above its results. */
  title: string;
  area: string;
  /** Which of the area's files, by their names. */
  files: (name: string) => boolean;
  filesAtOnce: number;
  browser: 'chromium' | 'firefox';
  /** Names of tests that are left out. */
  without: readonly RegExp[];
}

/** These measure how smooth the page is with Chromium's own tracing, alone on the machine. */
const measured = ['smooth.test.ts'];
/** These look into the built files, or build them once more: no other browser would see anything else. */
const aboutFiles = ['budget.test.ts', 'base.test.ts'];
/**
 * These ask Chromium for its memory, its tabs, its quota, a slow network. The keyboard's way is not gone in Firefox yet: it reports
 * no outline for the first link of the page.
 */
const aboutChromium = ['endurance.test.ts', 'keyboard.test.ts', 'load.test.ts'];

/**
 * What WebDriver BiDi cannot ask of Debian's Firefox ESR: to print, to forbid scripts, to have a touch screen, to give the
 * clipboard away, or a file that the page has made itself, or to take a reader's own colours for all others.
 */
const beyondFirefoxDriver = [
  ...[/without JavaScript/i, /on paper/, /on a phone/, /forced colours/],
  ...[/the copy button/, /on the clipboard/, /taken home/],
];
/**
 * What runs in Firefox each time: a reader's way through a chapter, with the machine, its keyboard and the widgets' fields.
 * `--thorough` runs there what runs in Chromium.
 */
const alwaysInFirefox = ['boot.test.ts', 'menu.test.ts', 'color.test.ts', 'elf.test.ts', 'conf.test.ts'];

export function testRuns(thorough: boolean): TestRun[] {
  const plain = { files: () => true, filesAtOnce: 2, browser: 'chromium', without: [] } as const;
  return [
    { ...plain, title: 'unit', area: 'unit' },
    { ...plain, title: 'kernel', area: 'kernel' },
    { ...plain, title: 'machine', area: 'machine' },
    { ...plain, title: 'site in Chromium', area: 'site', files: (name) => !measured.includes(name) },
    { ...plain, title: 'site, smoothness', area: 'site', files: (name) => measured.includes(name), filesAtOnce: 1 },
    {
      ...plain,
      title: 'site in Firefox',
      area: 'site',
      files: (name) =>
        thorough ? ![...measured, ...aboutFiles, ...aboutChromium].includes(name) : alwaysInFirefox.includes(name),
      browser: 'firefox',
      without: beyondFirefoxDriver,
    },
  ];
}
