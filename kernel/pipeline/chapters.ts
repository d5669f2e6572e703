import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import type { Checkpoint } from '../../src/lib/manifest.ts';

export interface Chapter {
  /** Stable for ever: name of the folder under kernel/chapters, of the downloads, and key of a reader's progress. */
  id: string;
  /** Counted from 1 within Part 1. */
  number: number;
  /** Last part of the page's address, `/part-1/NAME/`. */
  name: string;
  /** The file or thing the chapter is about. */
  title: string;
  /** How its tree is compiled: not at all, as a program for the machine that builds it, or for `x86_64-unknown-none`. */
  build: 'none' | 'hosted' | 'bare';
  /** What its ISO shows in the page. */
  checkpoint: Checkpoint;
}

/** Every chapter, in reading order: each inherits the files of all before it. */
export const chapters: readonly Chapter[] = [
  {
    id: '01-environment',
    number: 1,
    name: 'environment',
    title: 'Environment',
    build: 'none',
    checkpoint: { kind: 'refused', text: 'Cannot boot "boot():/kernel.elf": file not found on the boot medium.' },
  },
  {
    id: '02-cargo-toml',
    number: 2,
    name: 'cargo-toml',
    title: 'Cargo.toml',
    build: 'hosted',
    checkpoint: {
      kind: 'refused',
      text: 'it is a dynamically linked program (PT_INTERP asks for /lib64/ld-linux-x86-64.so.2); a kernel must be a static executable.',
    },
  },
  {
    id: '03-config-toml',
    number: 3,
    name: 'config-toml',
    title: '.cargo/config.toml',
    build: 'bare',
    checkpoint: {
      kind: 'refused',
      text: 'segment 1 lies at 0x200000 in the lower half, expected 0xffffffff80000000 or above; its entry point is 0x0.',
    },
  },
  {
    id: '04-linker-script',
    number: 4,
    name: 'linker-script',
    title: 'linker.ld',
    build: 'bare',
    checkpoint: { kind: 'halted', symbol: 'kmain' },
  },
  {
    id: '05-main-rs',
    number: 5,
    name: 'main-rs',
    title: 'main.rs',
    build: 'bare',
    checkpoint: { kind: 'painted', color: { r: 12, g: 24, b: 33 } },
  },
  {
    id: '06-limine-conf',
    number: 6,
    name: 'limine-conf',
    title: 'limine.conf',
    build: 'bare',
    checkpoint: { kind: 'painted', color: { r: 12, g: 24, b: 33 }, menu: { entry: 'Onko OS', seconds: 3 } },
  },
  {
    id: '07-makefile',
    number: 7,
    name: 'makefile',
    title: 'Makefile',
    build: 'bare',
    checkpoint: { kind: 'painted', color: { r: 12, g: 24, b: 33 }, menu: { entry: 'Onko OS', seconds: 3 } },
  },
];

export const chaptersFolder = `${root}/kernel/chapters`;

/** The chapter with this id. Throws a {@link UserError} that lists the ids when there is none. */
export function findChapter(id: string): Chapter {
  const chapter = chapters.find((candidate) => candidate.id === id);
  if (chapter === undefined) {
    throw new UserError(
      `There is no chapter "${id}".`,
      `The chapters are ${chapters.map((each) => each.id).join(', ')}.`,
    );
  }
  return chapter;
}
