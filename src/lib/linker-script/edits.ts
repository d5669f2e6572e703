/** Small edits of a script, as a reader makes them. */

const base = /^(\s*\.\s*=\s*)(0x[0-9a-f]+)(\s*;)/im;
const alignment = /(\bALIGN\(\s*)(0x[0-9a-f]+|[0-9]+)(\s*\))/g;

/** The number that the location counter is first set to; undefined where the script does not say one. */
export const baseOf = (script: string): string | undefined => base.exec(script)?.[2];

/** The script with another base address. */
export const withBase = (script: string, address: string): string =>
  script.replace(base, (_, before: string, __, after: string) => `${before}${address}${after}`);

/** The first number that the script aligns to; undefined where it aligns to none. */
export const alignmentOf = (script: string): string | undefined => [...script.matchAll(alignment)][0]?.[2];

/** The script with another number in each ALIGN. */
export const withAlignment = (script: string, to: string): string =>
  script.replace(alignment, (_, before: string, __, after: string) => `${before}${to}${after}`);

/** Mistakes to try, each made in the chapter's script. */
export const mistakes: readonly { name: string; edit: (script: string) => string }[] = [
  { name: 'Forget ALIGN', edit: (script) => script.replaceAll(/^ *\. = ALIGN\(0x1000\);\n/gm, '') },
  { name: 'Only *(.text)', edit: (script) => script.replace('*(.text .text.*)', '*(.text)') },
  { name: 'Write and run', edit: (script) => script.replace('FLAGS((1 << 0) | (1 << 2))', 'FLAGS(7)') },
  { name: 'No ENTRY', edit: (script) => script.replace(/^ENTRY\(kmain\)\n/m, '') },
  { name: 'Lose the star', edit: (script) => script.replace('*(.eh_frame*)', '*(.eh_frame)') },
];
