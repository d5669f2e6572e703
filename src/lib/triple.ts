import { editDistance } from './edit-distance.ts';
import { InputError, quote } from './input.ts';

/** What rustc knows of one of its built-in targets; the words are those of `rustc --print cfg`. */
export interface Target {
  /** The target triple: `x86_64-unknown-none`. */
  name: string;
  /** `target_arch`. */
  arch: string;
  /** `target_vendor`. */
  vendor: string;
  /** `target_os`; `none` without one. */
  os: string;
  /** `target_env`; empty without one. */
  env: string;
  /** `target_abi`; empty without one. */
  abi: string;
  /** `target_pointer_width`, in bits. */
  pointerWidth: 16 | 32 | 64;
  /** `target_endian`. */
  endian: 'little' | 'big';
  /** Whether there is a standard library for it; `unknown` where rustc does not say. */
  std: 'std' | 'core' | 'unknown';
  /** How much the Rust project promises for it. */
  tier: 1 | 2 | 3;
  /** What a panic does unless a profile says otherwise. */
  panic: 'unwind' | 'abort';
  /** How code finds its data unless told otherwise: `pie` also makes executables position-independent. */
  relocation: 'static' | 'pic' | 'pie';
  /** Whether functions may use the bytes below the stack pointer, where the processor's ABI has such a zone. */
  redZone: 'red-zone' | 'no-red-zone';
  /** Whether arithmetic with fractions uses the processor's registers for them. */
  float: 'hard-float' | 'soft-float';
  /** The file format of what is built. */
  format: 'elf' | 'mach-o' | 'coff' | 'xcoff' | 'wasm';
  /** The program that links unless another is named; `cc` is the machine's C compiler. */
  linker: string;
}

/** The columns of a row in src/data/targets.json, in order. */
export const columns = [
  'name',
  'arch',
  'vendor',
  'os',
  'env',
  'abi',
  'pointerWidth',
  'endian',
  'std',
  'tier',
  'panic',
  'relocation',
  'redZone',
  'float',
  'format',
  'linker',
] as const satisfies readonly (keyof Target)[];

/** The target as one line of words, `-` standing for an empty one. */
export function targetToRow(target: Target): string {
  return columns.map((column) => String(target[column]) || '-').join(' ');
}

/** The target of one line; see {@link targetToRow}. Throws when the line has another number of words. */
export function targetFromRow(row: string): Target {
  const words = row.split(' ');
  if (words.length !== columns.length) {
    throw new Error(`The row “${row}” has ${words.length} words, expected ${columns.length}: ./onko isos writes it.`);
  }
  const fields = Object.fromEntries(columns.map((column, index) => [column, words[index] === '-' ? '' : words[index]]));
  return { ...fields, pointerWidth: Number(fields['pointerWidth']), tier: Number(fields['tier']) } as Target;
}

/** The target that kernels of this tutorial are built for. */
export const onkoTarget = 'x86_64-unknown-none';

/** Targets that show how different they can be. */
export const examples = [
  onkoTarget,
  'x86_64-unknown-linux-gnu',
  'x86_64-unknown-uefi',
  'aarch64-apple-darwin',
  'thumbv7em-none-eabihf',
] as const;

/** No target has this name. `suggestions` are names that look like it, the most likely first, three at most. */
export class UnknownTarget extends InputError {
  readonly suggestions: readonly string[];

  constructor(message: string, suggestions: readonly string[]) {
    super(message);
    this.name = 'UnknownTarget';
    this.suggestions = suggestions;
  }
}

/** The target of this name, blanks around it and upper case forgiven. Throws {@link UnknownTarget} when there is none. */
export function findTarget(text: string, targets: readonly Target[]): Target {
  const name = text.trim().toLowerCase();
  if (name === '') throw new UnknownTarget(`Type the name of a target, like ${onkoTarget}.`, []);
  const found = targets.find((target) => target.name === name);
  if (found !== undefined) return found;
  const suggestions = suggest(name, targets);
  const last = suggestions.at(-1);
  const choice = [suggestions.slice(0, -1).join(', '), last].filter(Boolean).join(' or ');
  const hint = last === undefined ? 'rustc --print target-list names them all.' : `did you mean ${choice}?`;
  throw new UnknownTarget(`rustc has no target ${quote(text)}; ${hint}`, suggestions);
}

/** What other tools call a processor, and what rustc calls it. */
const otherNames: readonly (readonly [RegExp, string])[] = [
  [/^(amd64|x64|x86-64)(?=-|$)/, 'x86_64'],
  [/^arm64(?=-|$)/, 'aarch64'],
  [/^(x86|i386)(?=-|$)/, 'i686'],
];

const mostSuggestions = 3;
const longestName = 64;

/**
 * Names that begin with `name`, failing that those that have every part of it, the shortest first, and failing that those
 * that differ in few letters.
 */
function suggest(name: string, targets: readonly Target[]): string[] {
  if (name.length > longestName) return [];
  const usual = otherNames.reduce((text, [pattern, word]) => text.replace(pattern, word), name);
  const names = targets.map((target) => target.name).sort((one, other) => one.length - other.length);
  const starting = names.filter((each) => each.startsWith(usual));
  if (starting.length > 0) return starting.slice(0, mostSuggestions);

  const parts = usual.split('-').filter((part) => part !== '');
  const holding = names.filter((each) => parts.every((part) => each.split('-').includes(part)));
  if (parts.length > 0 && holding.length > 0) return holding.slice(0, mostSuggestions);

  const limit = Math.max(2, Math.floor(usual.length / 5));
  const near = names
    .map((each) => ({ each, away: editDistance(usual, each, limit) }))
    .filter(({ away }) => away <= limit);
  return near
    .sort((one, other) => one.away - other.away)
    .slice(0, mostSuggestions)
    .map(({ each }) => each);
}

/** The four things that a target's name can say, in its order. */
export const roles = ['processor', 'vendor', 'system', 'ABI'] as const;
export type Role = (typeof roles)[number];

/** One of the four, the text that stands for it in the name (empty when left out), and what it says. */
export interface Part {
  role: Role;
  text: string;
  meaning: string;
}

/** The name taken apart. The texts, those that are not empty, joined by hyphens, are the name. */
export function nameParts(target: Target): Part[] {
  const [processor = '', second = '', ...rest] = target.name.split('-');
  // The vendor is what may be left out: then the system comes second.
  const startsWithSystem = rest.length === 0 || (rest.length === 1 && isSystem(second, target));
  const vendor = startsWithSystem ? '' : second;
  const [system = '', ...abi] = startsWithSystem ? [second, ...rest] : rest;
  const texts: Record<Role, string> = { processor, vendor, system, ABI: abi.join('-') };
  const meanings: Record<Role, string> = {
    processor: `${target.arch === processor ? '' : `${target.arch}, `}${target.pointerWidth}-bit, ${target.endian}-endian`,
    vendor: vendorMeaning(vendor, target),
    system: systemMeaning(system, target),
    ABI: abiMeaning(texts.ABI, target),
  };
  return roles.map((role) => ({ role, text: texts[role], meaning: meanings[role] }));
}

function isSystem(text: string, target: Target): boolean {
  return text === 'none' || text === 'linux' || text.startsWith(target.os);
}

function vendorMeaning(text: string, target: Target): string {
  if (text === '') return 'left out: it makes no difference';
  if (text === 'unknown') return 'makes no difference';
  return target.vendor === text ? 'whose platform it is' : `cfg calls it ${target.vendor}`;
}

function systemMeaning(text: string, target: Target): string {
  if (target.os === 'none') return 'nobody is there to make rules';
  if (target.os === 'unknown') return 'not said';
  return text === target.os ? 'whose rules it lives by' : `cfg calls it ${target.os}`;
}

const abiMeanings: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'left out: nothing to choose'],
  [/^gnu/, 'conventions of glibc and GNU tools'],
  [/^musl/, 'conventions of musl, a small libc'],
  [/^msvc/, 'conventions of Microsoft’s tools'],
  [/^uclibc/, 'conventions of uClibc, a small libc'],
  [/eabihf$/, 'embedded ABI, fractions in registers'],
  [/eabi$/, 'embedded ABI'],
  [/^elf$/, 'the file format, spelt out'],
  [/^softfloat$/, 'arithmetic with fractions in software'],
];

function abiMeaning(text: string, target: Target): string {
  const known = abiMeanings.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return known[1];
  const words = [target.env, target.abi].filter((word) => word !== '' && word !== text);
  return words.length === 0 ? 'a variant of the system' : `cfg calls it ${words.join(', ')}`;
}

/** A property of the target and its value, in words. */
export interface Fact {
  name: 'std' | 'panic' | 'pointer' | 'endian' | 'relocation' | 'format' | 'linker' | 'tier';
  label: string;
  value: string;
}

const relocations: Record<Target['relocation'], string> = {
  static: 'static: addresses are fixed',
  pic: 'position-independent code',
  pie: 'position-independent executable',
};

const tiers: Record<Target['tier'], string> = {
  1: '1: guaranteed to work',
  2: '2: guaranteed to build',
  3: '3: no promise, nothing precompiled',
};

const libraries: Record<Target['std'], string> = {
  std: 'std',
  core: 'core and alloc, no std',
  unknown: 'rustc does not say',
};

/** What rustc decides for the target, in the order in which widget and terminal show it. */
export function facts(target: Target): Fact[] {
  return [
    { name: 'std', label: 'Library', value: libraries[target.std] },
    { name: 'panic', label: 'On panic', value: `${target.panic}s` },
    { name: 'pointer', label: 'Pointers', value: `${target.pointerWidth} bits` },
    {
      name: 'endian',
      label: 'Byte order',
      value: `${target.endian}-endian: ${target.endian === 'little' ? 'lowest' : 'highest'} byte first`,
    },
    { name: 'relocation', label: 'Addresses', value: relocations[target.relocation] },
    { name: 'format', label: 'File format', value: formatName(target) },
    { name: 'linker', label: 'Linked by', value: target.linker },
    { name: 'tier', label: 'Tier', value: tiers[target.tier] },
  ];
}

function formatName({ format, pointerWidth }: Target): string {
  if (format === 'elf') return pointerWidth === 64 ? '64-bit ELF' : '32-bit ELF';
  return { 'mach-o': 'Mach-O', coff: 'PE (COFF)', xcoff: 'XCOFF', wasm: 'WebAssembly' }[format];
}

/** `fits`: as a kernel of this tutorial needs it; `mind`: can be changed or lived with; `no`: in the way. */
export type Mark = 'fits' | 'mind' | 'no';

/** What one property of the target means for a kernel. */
export interface Note {
  mark: Mark;
  text: string;
}

/** In one sentence, what the target is for. */
export function purpose(target: Target): string {
  if (target.name === onkoTarget) return 'A kernel for a 64-bit PC: the target of this tutorial.';
  if (target.os === 'none') return 'Code that runs on bare metal: kernels, firmware, small devices without a system.';
  if (target.os === 'uefi') return 'Programs that a PC’s firmware starts: bootloaders, as a rule, rather than kernels.';
  if (target.os === 'cuda' || target.os === 'amdhsa') return 'Code that a graphics processor runs for a program.';
  if (target.format === 'wasm') return 'Modules for a WebAssembly engine, such as the one in your browser.';
  return target.os === 'unknown'
    ? 'Code inside a host that the name does not tell.'
    : `Programs that run on ${systemName(target)}.`;
}

const systemNames: Readonly<Record<string, string>> = {
  aix: 'AIX',
  android: 'Android',
  freebsd: 'FreeBSD',
  fuchsia: 'Fuchsia',
  haiku: 'Haiku',
  illumos: 'illumos',
  ios: 'iOS',
  linux: 'Linux',
  macos: 'macOS',
  netbsd: 'NetBSD',
  openbsd: 'OpenBSD',
  redox: 'Redox',
  solaris: 'Solaris',
  tvos: 'tvOS',
  windows: 'Windows',
};

/** As its people write it, where that is known, else as `target_os` has it. */
function systemName({ os }: Target): string {
  return systemNames[os] ?? os;
}

/** Processors for which the Limine boot protocol is defined, besides ours. */
const otherLimineProcessors = ['aarch64', 'riscv64', 'loongarch64'];

/** What the target means for a kernel that Limine boots on a PC, property by property. */
export function kernelNotes(target: Target): Note[] {
  return [
    systemNote(target),
    processorNote(target),
    formatNote(target),
    libraryNote(target),
    panicNote(target),
    relocationNote(target),
    ...(target.arch === 'x86_64' ? [...redZoneNotes(target), floatNote(target)] : []),
  ];
}

function systemNote(target: Target): Note {
  const { os } = target;
  if (os === 'none') return { mark: 'fits', text: 'No system is expected below it. A kernel has none.' };
  if (os === 'uefi') {
    return { mark: 'no', text: 'It expects the firmware’s services, which are gone once a loader has handed over.' };
  }
  const whom = os === 'unknown' ? 'a host' : systemName(target);
  return {
    mark: 'no',
    text: `It expects ${whom} below it, for start-up, memory and output. Below a kernel is nobody.`,
  };
}

function processorNote({ arch, pointerWidth }: Target): Note {
  if (arch === 'x86_64' && pointerWidth === 64)
    return { mark: 'fits', text: 'A PC in long mode runs these instructions.' };
  if (arch === 'x86_64')
    return { mark: 'no', text: 'Long mode, but with 32-bit pointers: too short for the higher half.' };
  if (otherLimineProcessors.includes(arch)) {
    return { mark: 'mind', text: `Limine’s protocol exists for ${arch} too, but a PC cannot run its instructions.` };
  }
  return { mark: 'no', text: `Limine’s protocol is not defined for ${arch}, and a PC in long mode cannot run it.` };
}

function formatNote(target: Target): Note {
  const fits = target.format === 'elf' && target.pointerWidth === 64;
  return fits
    ? { mark: 'fits', text: 'It makes 64-bit ELF files, which are what the loader takes.' }
    : { mark: 'no', text: `It makes ${formatName(target)} files; the loader takes 64-bit ELF and nothing else.` };
}

function libraryNote({ std, tier }: Target): Note {
  if (tier === 3) return { mark: 'mind', text: 'Nothing is precompiled: you would have to build core yourself.' };
  if (std === 'core') return { mark: 'fits', text: 'There is core, and no std that would call a system.' };
  return { mark: 'mind', text: 'There is std, which calls the system; only #![no_std] would keep you from it.' };
}

function panicNote({ panic }: Target): Note {
  return panic === 'abort'
    ? { mark: 'fits', text: 'A panic aborts, so no unwinder is expected.' }
    : { mark: 'mind', text: 'A panic unwinds, unless your profiles say panic = "abort".' };
}

function relocationNote({ relocation, format }: Target): Note {
  if (relocation === 'static') return { mark: 'fits', text: 'Addresses are fixed when it is linked.' };
  const what = relocation === 'pie' ? 'The executable is' : 'The code is';
  if (format !== 'elf') return { mark: 'mind', text: `${what} position-independent.` };
  return { mark: 'mind', text: `${what} position-independent, unless you say relocation-model=static.` };
}

function redZoneNotes({ redZone, os }: Target): Note[] {
  if (redZone === 'no-red-zone') {
    return [{ mark: 'fits', text: 'No red zone: an interrupt may use the stack at any moment.' }];
  }
  // The ABI of Windows, which UEFI shares, has no such zone to begin with.
  if (['windows', 'uefi', 'cygwin'].includes(os)) return [];
  return [
    { mark: 'no', text: 'It has a red zone: 128 bytes below the stack pointer that an interrupt would overwrite.' },
  ];
}

function floatNote({ float }: Target): Note {
  return float === 'soft-float'
    ? { mark: 'fits', text: 'No SSE registers are used, which nobody has switched on.' }
    : { mark: 'no', text: 'It uses SSE registers, and the loader leaves those switched off.' };
}

/** The target as a URL fragment without the `#`: `triple=x86_64-unknown-none`. */
export function targetToFragment(target: Target): string {
  return `triple=${target.name}`;
}

/** The name that a URL fragment (without its `#`) carries; undefined for a fragment that is about something else. */
export function nameFromFragment(fragment: string): string | undefined {
  return new URLSearchParams(fragment).get('triple') ?? undefined;
}
