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
}

/** These measure how smooth the page is with Chromium's own tracing, alone on the machine. */
const measured = ['smooth.test.ts'];
/** These look into the built files without a browser. */
const aboutFiles = ['budget.test.ts'];
/**
 * What runs in Firefox each time: a reader's way through a chapter, with the machine, its keyboard and the widgets' fields.
 * `--thorough` runs there what runs in Chromium. What Firefox or its driver cannot do, a test says itself (`beyondFirefox`).
 */
const alwaysInFirefox = ['boot.test.ts', 'keyboard.test.ts', 'menu.test.ts', 'color.test.ts', 'conf.test.ts'];

export function testRuns(thorough: boolean): TestRun[] {
  const plain = { files: () => true, filesAtOnce: 2, browser: 'chromium' } as const;
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
      files: (name) => (thorough ? !aboutFiles.includes(name) : alwaysInFirefox.includes(name)),
      browser: 'firefox',
    },
  ];
}
