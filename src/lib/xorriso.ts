/** The command line that writes the chapter's ISO, taken apart: its options, and what is known of each. */
import type { Extent } from './iso9660/directories.ts';

/** Words of the command that belong together: an option with its value, or one of the others. */
export interface CommandOption {
  /** Of the option itself, as it is typed: `-boot-load-size`. Unique in the command. */
  name: string;
  words: string[];
}

/** What is to be said of an option, besides what was measured. */
export interface OptionText {
  /** What it does, as sentences. */
  does: string;
  /** What happens without it, as sentences: what the bytes alone do not tell. */
  without: string;
  /** Other options that make no sense without this one: they are left out together. */
  with?: readonly string[];
}

/** What xorriso really did without an option. */
export interface OptionRecord {
  name: string;
  /** Names of the options that were left out with it, since xorriso refuses them without it. */
  together: string[];
  /** What xorriso says when this option alone is left out, and it therefore writes nothing. */
  refusal?: string;
  /** An image was written without it; absent where that is impossible. */
  image?: {
    /** Bytes of that image; nothing else than the name may differ from the image with it. */
    size: number;
    /** It came out of xorriso’s standard output, not as a file. */
    onOutput: boolean;
    made: Extent[];
    changed: Extent[];
    /** Ways into the image that are lost or won without the option: `CD, BIOS: There is no boot record …`. */
    ways: string[];
  };
}

/** Written by ./onko isos beside the ISO, from real runs of xorriso. */
export interface XorrisoRecord {
  /** SHA-256 of the ISO that the ranges are of. */
  iso: string;
  /** SHA-256 over what makes this record. */
  recorder: string;
  size: number;
  options: OptionRecord[];
}

/** Options that a value follows. Any other word stands for itself. */
const withValue: ReadonlySet<string> = new Set(['-as', '-b', '-boot-load-size', '--efi-boot', '-efi-boot-part', '-o']);

/**
 * The words of the command that a Makefile runs as `program`, over all its lines, with the file's own variables put in.
 * Undefined where no line begins with the program.
 */
export function commandWords(makefile: string, program: string): string[] | undefined {
  const variables = new Map<string, string>();
  for (const [, name = '', value = ''] of makefile.matchAll(/^(\w+)\s*:?=[ \t]*(.*)$/gm))
    variables.set(name, value.trim());
  const [command] = new RegExp(`^\\t${program} (?:.*\\\\\\n)*.*$`, 'm').exec(makefile) ?? [];
  return command
    ?.replaceAll(/\$\((\w+)\)/g, (_, name: string) => variables.get(name) ?? '')
    .split(/[\s\\]+/)
    .filter((word) => word !== '');
}

/** Puts the words behind the program's name together to options. */
export function commandOptions(words: readonly string[]): CommandOption[] {
  const options: CommandOption[] = [];
  for (let at = 1; at < words.length;) {
    const name = words[at] ?? '';
    const length = withValue.has(name) ? 2 : 1;
    options.push({ name, words: words.slice(at, at + length) });
    at += length;
  }
  return options;
}

/** The words of a command without some of its options. */
export function wordsWithout(options: readonly CommandOption[], left: readonly string[]): string[] {
  return options.filter(({ name }) => !left.includes(name)).flatMap(({ words }) => words);
}

/** What the chapter's options are for; what they do to the bytes is measured. */
const texts: Readonly<Record<string, OptionText>> = {
  '-as': {
    does: 'Says how the rest of the line is to be read: in the language of mkisofs, the program that everybody knew before.',
    without: 'xorriso takes the other words for commands of its own, and stops at the first that is none.',
  },
  '-r': {
    does: 'Tidies what Rock Ridge records of each file: it belongs to user 0, all may read it, nobody may write it.',
    without:
      'Names stay as they are. But each file carries the number of the user who made the disc, and the rights it had there.',
  },
  '-J': {
    does: 'Adds Joliet: a second volume descriptor, and each folder a second time, with names in 16-bit Unicode. Windows reads these.',
    without:
      'No loader misses anything. What comes behind moves forward, so the numbers of sectors change all over the disc.',
  },
  '-b': {
    does: 'Names the file that a BIOS is to load, and gives the boot catalogue an entry for it.',
    without: 'The first entry of the catalogue is then the one for UEFI, and no BIOS starts that.',
  },
  '-no-emul-boot': {
    does: 'Says that the boot file is to be loaded as it is. Otherwise a BIOS would take it for the image of a floppy disk.',
    without: 'Floppies have three sizes, and the boot file has none of them. So xorriso refuses to write the image.',
  },
  '-boot-load-size': {
    does: 'Says how much of the boot file is to be loaded, in blocks of 512 bytes: 4 of them are one sector of a CD.',
    without:
      'xorriso writes down the length of the whole file. Few discs ask a BIOS for that much, and old ones get it wrong.',
  },
  '-boot-info-table': {
    does: 'Writes into the copy of the boot file on the disc where it lies and how long it is. The file in your folder stays as it is.',
    without: 'The first part of the loader is loaded all the same, but cannot find the rest of itself.',
  },
  '--efi-boot': {
    does: 'Gives the boot catalogue a section with an entry for UEFI, which points at this file: a small FAT file system.',
    without:
      'The next option wants to make a partition of this file, and xorriso refuses. Without both, UEFI finds nothing to start.',
    with: ['-efi-boot-part'],
  },
  '-efi-boot-part': {
    does: 'Puts partition tables in front of the image: a GPT whose entry covers the image for UEFI, and an MBR that guards it; and a copy of the GPT at the end.',
    without: 'As a CD, the disc is the same. On a stick, UEFI looks for partitions and finds none.',
  },
  '-o': {
    does: 'Names the file that the image is written to. It is no part of the image.',
    without: 'The same image comes out of xorriso’s standard output, for another program to take.',
  },
};

/** The last word of the command: the folder whose content goes on the disc. */
const folderText: OptionText = {
  does: 'The folder whose content goes on the disc. All files come from here, with the names that they have in it.',
  without: 'There are no files, so there is none to boot either, and xorriso refuses.',
};

/** What is said of an option; undefined for one that nothing is known of. */
export function optionText({ name }: CommandOption): OptionText | undefined {
  return name.startsWith('-') ? texts[name] : folderText;
}
