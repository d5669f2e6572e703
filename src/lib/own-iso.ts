/**
 * Looks an ISO over before it boots, as a PC with a BIOS and a Limine loader would: the boot catalogue, the loader, its
 * limine.conf, the kernel. Everything that is wrong is said with its place, and with what would mend it.
 */
import { parseElf } from './elf.ts';
import { whyNotBootable } from './elf/bootable.ts';
import { block, fileBytes, IsoError, readContent, type IsoContent, type IsoFile } from './iso9660/content.ts';
import { readConfBytes } from './limine-conf.ts';
import { kernelSymbols, type KernelSymbol } from './manifest.ts';

/** What was looked at: in order, wrong so that it will not boot, or worth knowing. */
export interface IsoFinding {
  kind: 'good' | 'bad' | 'note';
  /** Sentences. */
  text: string;
}

export type LoaderName = 'Onko' | 'Limine' | 'another';

export interface IsoCheck {
  findings: IsoFinding[];
  /** Whether a PC with a BIOS would start something from it. */
  boots: boolean;
  /** Whose loader it starts; `undefined` where it starts none. */
  loader?: LoaderName;
  /** Whether it is a disc of the tutorial's kind: one whose loader reads a limine.conf. */
  hasConf: boolean;
  /** Of its kernel; empty where none was found. */
  symbols: KernelSymbol[];
}

/** Where a Limine loader looks for its files, in our loader's order. */
const folders = ['', 'limine/', 'boot/', 'boot/limine/'];

/** Looks an image over. Never throws, whatever the bytes; how many there may be is for the caller to say, before they are read. */
export function checkIso(image: Uint8Array): IsoCheck {
  const findings: IsoFinding[] = [];
  const say = (kind: IsoFinding['kind'], text: string) => findings.push({ kind, text });
  const nothing: IsoCheck = { findings, boots: false, hasConf: false, symbols: [] };
  let content: IsoContent;
  try {
    content = readContent(image);
  } catch (error) {
    if (!(error instanceof IsoError)) throw error;
    say('bad', `${error.message} Build the ISO again, or choose the file that xorriso wrote.`);
    return nothing;
  }
  say(
    'good',
    `It is an ISO 9660 volume named “${content.volumeId}”, with ${content.files.length} files in ${content.blocks} blocks.`,
  );

  const bootImage = checkCatalogue(image, content, say);
  if (bootImage === undefined) return nothing;
  const loader = checkLoader(image, content, bootImage, say);
  if (loader === 'another') return { ...nothing, boots: true, loader };
  const { hasConf, symbols } = checkConf(image, content, loader, say);
  return { findings, boots: true, loader, hasConf, symbols };
}

type Say = (kind: IsoFinding['kind'], text: string) => void;

/** The image that a BIOS starts; undefined where there is none. */
function checkCatalogue(image: Uint8Array, { boot }: IsoContent, say: Say): IsoFile | undefined {
  const [first] = boot;
  if (first === undefined) {
    say(
      'bad',
      `It has no boot record of El Torito in sector 17 (byte ${17 * block}), so nothing on it can be started. xorriso writes one for -b.`,
    );
    return undefined;
  }
  const others = boot.slice(1).map(({ platform }) => (platform === 0xef ? 'UEFI' : `platform ${platform}`));
  if (first.platform !== 0) {
    say(
      'bad',
      'The first entry of its boot catalogue is not for a BIOS, and this page’s PC has one. xorriso writes that entry for -b.',
    );
    return undefined;
  }
  if (!first.bootable) {
    say('bad', 'The first entry of its boot catalogue is marked as not bootable.');
    return undefined;
  }
  if (first.lba * block >= image.length) {
    say('bad', `Its boot image is said to lie in block ${first.lba}, behind the end of the file.`);
    return undefined;
  }
  const loads = `a BIOS loads ${first.sectors * 512} bytes from block ${first.lba}`;
  const also = others.length > 0 ? `; there are entries for ${others.join(' and ')} besides` : '';
  say('good', `Its boot catalogue is right: ${loads}${also}.`);
  return {
    path: '',
    lba: first.lba,
    size: Math.min(Math.max(first.sectors * 512, 1), image.length - first.lba * block),
  };
}

function checkLoader(image: Uint8Array, content: IsoContent, start: IsoFile, say: Say): LoaderName {
  const file = content.files.find(({ lba, size }) => lba === start.lba && size > 0);
  const bytes = fileBytes(image, file ?? start);
  const called = file === undefined ? 'its boot image' : `/${file.path}`;
  const text = latin.decode(bytes.subarray(0, 1024 * 1024));
  const loader: LoaderName = /Onko loader/.test(text) ? 'Onko' : /limine/i.test(text) ? 'Limine' : 'another';
  if (loader === 'another') {
    say('note', `The loader in ${called} is neither Limine nor ours. The PC starts it, and nothing is promised of it.`);
    return loader;
  }
  say('good', `The loader in ${called} is ${loader === 'Onko' ? 'ours' : 'Limine'}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length >= 64 && view.getUint32(12, true) !== start.lba) {
    say(
      'bad',
      `${called} was not told where it lies: its bytes 12 to 15 should say block ${start.lba}. xorriso writes them for -boot-info-table.`,
    );
  }
  if (loader === 'Limine' && !folders.some((folder) => has(content, `${folder}limine-bios.sys`))) {
    say('bad', 'limine-bios.sys is missing: Limine’s boot image is only its first part. Copy it beside limine.conf.');
  }
  return loader;
}

function checkConf(
  image: Uint8Array,
  content: IsoContent,
  loader: LoaderName,
  say: Say,
): { hasConf: boolean; symbols: KernelSymbol[] } {
  const nothing = { hasConf: false, symbols: [] };
  const found = folders.flatMap((folder) => content.files.filter(({ path }) => path === `${folder}limine.conf`));
  const [file] = found;
  if (file === undefined) {
    const old = content.files.find(({ path }) => /(^|\/)limine\.(cfg|conf\.txt)$/i.test(path));
    const hint = old === undefined ? '' : ` There is a /${old.path}; the name has to be limine.conf.`;
    say('bad', `There is no limine.conf in /, /limine, /boot or /boot/limine.${hint}`);
    return nothing;
  }
  if (found.length > 1) {
    say(
      'note',
      `There are ${found.length} files called limine.conf: ${found.map(({ path }) => `/${path}`).join(', ')}. Loaders differ in which they take.`,
    );
  }
  const { conf, problems } = readConfBytes(fileBytes(image, file));
  for (const { line, column, text } of problems.slice(0, 8)) {
    say(loader === 'Onko' ? 'bad' : 'note', `/${file.path}, line ${line}, column ${column}: ${text}.`);
  }
  if (problems.length > 0) return { hasConf: true, symbols: [] };
  const entry = conf.entries[conf.defaultEntry];
  say(
    'good',
    `/${file.path} can be followed: “${entry?.title ?? ''}” boots${conf.timeout === 'never' ? ' when it is chosen' : ` after ${conf.timeout} s`}.`,
  );
  const path = /^boot\(\):\/+(.*)$/.exec(entry?.path ?? '')?.[1];
  if (path === undefined) return { hasConf: true, symbols: [] };
  return { hasConf: true, symbols: checkKernel(image, content, path, say) };
}

function checkKernel(image: Uint8Array, content: IsoContent, path: string, say: Say): KernelSymbol[] {
  const file = content.files.find((each) => each.path === path);
  if (file === undefined) {
    const near = content.files.find((each) => each.path.toLowerCase() === path.toLowerCase());
    const hint = near === undefined ? '' : ` There is /${near.path}: upper and lower case count.`;
    say('bad', `The kernel /${path} is not on the disc.${hint}`);
    return [];
  }
  const bytes = fileBytes(image, file);
  const refusals = whyNotBootable(bytes);
  for (const { text, advice, offset } of refusals.slice(0, 4)) {
    say('bad', `/${path}, byte ${offset}: ${text}. ${advice}`);
  }
  try {
    const symbols = kernelSymbols(parseElf(bytes));
    if (refusals.length === 0) {
      say(
        'good',
        `/${path} is a kernel that a Limine loader boots, ${bytes.length} bytes with ${symbols.length} symbols.`,
      );
    }
    // More than these are the names of a debug build's generic functions.
    return symbols.length > 5000 ? symbols.filter(({ name }) => name === 'kmain') : symbols;
  } catch (error) {
    if (refusals.length === 0) say('note', `/${path}: ${error instanceof Error ? error.message : String(error)}.`);
    return [];
  }
}

function has({ files }: IsoContent, path: string): boolean {
  return files.some((file) => file.path === path);
}

const latin = new TextDecoder('latin1');
