/** What a limine.conf gives: the boot menu as our loader draws it and answers to keys, and what an entry boots. */
import { isDirectory, shown, utf8, type Conf, type Entry } from './limine-conf.ts';
import { menuInstruction } from './menu-instruction.ts';

/** The boot menu's state: which entry is selected, and which directories show their entries. Both are indices. */
export interface Menu {
  selected: number;
  open: ReadonlySet<number>;
}

/** The menu with the default entry selected, and every directory around it open. */
export function openMenu({ entries, defaultEntry }: Conf): Menu {
  const open = new Set([...entries.keys()].filter((index) => entries[index]?.expanded));
  let depth = entries[defaultEntry]?.depth ?? 0;
  for (let index = defaultEntry - 1; index >= 0; index--) {
    const above = entries[index]?.depth ?? 0;
    if (above >= depth) continue;
    open.add(index);
    depth = above;
  }
  return { selected: defaultEntry, open };
}

/** Indices of the entries shown, from top to bottom. */
export function menuRows({ entries }: Conf, { open }: Menu): number[] {
  // Everything deeper than a closed directory is hidden, until an entry is as shallow as that directory.
  let hiddenBelow = Number.POSITIVE_INFINITY;
  return [...entries.keys()].filter((index) => {
    const depth = entries[index]?.depth ?? 0;
    if (depth > hiddenBelow) return false;
    hiddenBelow = isDirectory(entries, index) && !open.has(index) ? depth : Number.POSITIVE_INFINITY;
    return true;
  });
}

/** The keys that the menu knows. Any other only stops the countdown. */
export type MenuKey = 'up' | 'down' | 'enter';

/** What a key makes of the menu, undefined being any that it does not know; `boots` is the entry that Enter starts. */
export function pressKey(conf: Conf, menu: Menu, key: MenuKey | undefined): Menu & { boots?: number } {
  if (key === undefined) return menu;
  const { selected, open } = menu;
  if (key === 'enter') {
    if (!isDirectory(conf.entries, selected)) return { ...menu, boots: selected };
    const toggled = new Set(open);
    if (!toggled.delete(selected)) toggled.add(selected);
    return { selected, open: toggled };
  }
  const rows = menuRows(conf, menu);
  const next = rows[rows.indexOf(selected) + (key === 'up' ? -1 : 1)];
  return { selected: next ?? selected, open };
}

/** A row of the screen; `selected` rows are drawn dark on light, `bright` ones in white. */
export interface ScreenRow {
  text: string;
  tone: 'plain' | 'bright' | 'selected';
}

/** The version in kernel/loader/Cargo.toml, which the menu shows. */
export const loaderVersion = '0.1.0';

const screenColumns = 80;
const screenRows = 25;
const margin = 4;
const firstRow = 4;
const lastRow = screenRows - 5;

/**
 * The 25 rows of the text screen as kernel/loader/bios/src/menu.rs draws them, with `secondsLeft` of the countdown,
 * undefined once it has stopped.
 */
export function menuScreen(conf: Conf, menu: Menu, secondsLeft: number | undefined): ScreenRow[] {
  const rows = Array.from({ length: screenRows }, (): ScreenRow => ({ text: '', tone: 'plain' }));
  const write = (row: number, text: string, tone: ScreenRow['tone'] = 'plain') => {
    rows[row] = { text: text.slice(0, screenColumns - margin), tone };
  };
  write(1, `Onko loader ${loaderVersion}`, 'bright');
  write(2, menuInstruction);
  const visible = menuRows(conf, menu);
  const height = lastRow - firstRow;
  const scrolled = Math.max(0, visible.indexOf(menu.selected) + 1 - height);
  for (const [place, index] of visible.slice(scrolled, scrolled + height).entries()) {
    const entry = conf.entries[index];
    if (entry === undefined) continue;
    const sign = isDirectory(conf.entries, index) ? (menu.open.has(index) ? '- ' : '+ ') : '  ';
    const title = [...entry.title].map((letter) => (/[ -~]/.test(letter) ? letter : '?')).join('');
    const text = ` ${' '.repeat(2 * entry.depth)}${sign}${title} `;
    write(firstRow + place, text, index === menu.selected ? 'selected' : 'plain');
  }
  write(screenRows - 4, shown(utf8(conf.entries[menu.selected]?.comment ?? '')));
  if (secondsLeft !== undefined) write(screenRows - 2, `Booting automatically in ${secondsLeft}...`, 'bright');
  return rows;
}

/** What the loader leaves on the screen in the place of its menu when it boots an entry. */
export function bootingRow({ title }: Entry): ScreenRow {
  return { text: `Booting ${title}`, tone: 'plain' };
}

/** What the loader does with an entry, in the order in which it does it. */
export function bootSteps(entry: Entry): string[] {
  return [
    `loads ${entry.path}`,
    ...entry.modules.map(
      ({ path, cmdline }) => `loads the module ${path}${cmdline === '' ? '' : ` with “${cmdline}”`}`,
    ),
    ...(entry.cmdline === '' ? [] : [`gives the kernel “${entry.cmdline}”`]),
    ...(entry.resolution === '' ? [] : [`asks for ${entry.resolution}`]),
  ];
}

/** What happens when nobody presses a key, in one sentence. */
export function withoutKeys({ timeout, quiet, entries, defaultEntry }: Conf): string {
  const name = `“${entries[defaultEntry]?.title ?? ''}”`;
  if (timeout === 'never') return 'The menu stays until somebody chooses.';
  if (timeout === 0) return `There is no menu: ${name} boots at once.`;
  const seconds = timeout === 1 ? 'one second' : `${timeout} seconds`;
  return quiet ? `The screen stays empty for ${seconds}, then ${name} boots.` : `After ${seconds}, ${name} boots.`;
}

/** The most characters that a link carries. */
const linkLimit = 4000;

/** The text as a URL fragment without the `#`; undefined when it is too long for a link. */
export function confToFragment(text: string): string | undefined {
  const fragment = new URLSearchParams({ conf: text }).toString();
  return fragment.length > linkLimit ? undefined : fragment;
}

/** The text that a URL fragment (without its `#`) carries; undefined for a fragment that is about something else. */
export function confFromFragment(fragment: string): string | undefined {
  return new URLSearchParams(fragment).get('conf') ?? undefined;
}

/** Files to try, beside the chapter's own. */
export const confExamples: readonly { name: string; text: string }[] = [
  {
    name: 'Two kernels',
    text: `timeout: 5
default_entry: 2

/Onko OS
    comment: the one that worked last week
    protocol: limine
    path: boot():/kernel.elf

/Onko OS, next
    comment: today's build; the countdown takes this one
    protocol: limine
    path: boot():/next.elf
    resolution: 1024x768
    cmdline: verbose
`,
  },
  {
    name: 'A folder',
    text: `\${DIR}=boot():/kernels
timeout: no

/+Onko OS
//Release
    protocol: limine
    path: \${DIR}/release.elf
//Debug
    protocol: limine
    path: \${DIR}/debug.elf
    module_path: \${DIR}/symbols.txt
`,
  },
  {
    name: 'An old file',
    text: `TIMEOUT=3

:Onko OS
    PROTOCOL=limine
    KERNEL_PATH=boot:///kernel.elf
`,
  },
];
