/**
 * Which input section goes into which output section, and in which order those stand: what ld.lld does before it computes
 * a single address (lld/ELF/LinkerScript.cpp and Writer.cpp of LLVM 14).
 */
import { numberOf, powerOfTwo, u64, type Base, type Scope, evaluate } from './expression.ts';
import { globMatches } from './glob.ts';
import { flagBits, flagsOf, madeSections, type Inputs, type MadeSection, type SectionType } from './inputs.ts';
import type { Place } from './problem.ts';
import type { Assignment, Data, InputPattern, Script, SectionCommand, Sort } from './syntax.ts';

/** An input section on its way to its place. */
export class Piece implements Base {
  readonly section: MadeSection;
  /** Among all pieces, in the order in which patterns look at them. */
  index = 0;
  readonly flags: number;
  alignment: bigint;
  parent: OutputSection | undefined;
  /** From the output section's first byte. */
  offset = 0n;
  live = false;
  discarded = false;
  size: bigint;

  constructor(section: MadeSection) {
    this.section = section;
    this.flags = flagsOf(section.flags);
    this.alignment = BigInt(Math.max(1, section.alignment));
    this.size = BigInt(section.size);
  }

  get address(): bigint {
    return u64((this.parent?.address ?? 0n) + this.offset);
  }

  /** One of the linker's own that has turned out empty. */
  get isUnused(): boolean {
    return this.section.file === '' && this.size === 0n;
  }
}

/** The pieces that an input pattern has taken, in their order. */
export interface Taken {
  kind: 'taken';
  pieces: Piece[];
}

export class OutputSection implements Base {
  readonly name: string;
  /** Undefined for an orphan: a section that no pattern took. */
  readonly command: SectionCommand | undefined;
  commands: (Assignment | Data | Taken)[] = [];
  type: SectionType = 'PROGBITS';
  flags = 0;
  alignment = 1n;
  address = 0n;
  size = 0n;
  offset = 0n;
  hasInputs = false;
  /** It holds the linker's `.got`, or its `.got.plt`, be it only an empty one. */
  holdsGot = false;
  holdsGotPlt = false;
  segmentNames: string[];
  rank = 0;
  /** Whether it is one of the script's, and its constraint holds. */
  inScript = false;

  constructor(name: string, command?: SectionCommand) {
    this.name = name;
    this.command = command;
    if (command?.noLoad) this.type = 'NOBITS';
    this.segmentNames = command?.segments.map((segment) => segment.name) ?? [];
  }

  get pieces(): Piece[] {
    return this.commands.flatMap((command) => (command.kind === 'taken' ? command.pieces : []));
  }

  get isAllocated(): boolean {
    return (this.flags & flagBits.A) !== 0;
  }

  /** Notes a section in an orphan, or adds an orphan of the same name. */
  record(piece: Piece): void {
    const last = this.commands.at(-1);
    piece.parent = this;
    if (last?.kind === 'taken') last.pieces.push(piece);
    else this.commands.push({ kind: 'taken', pieces: [piece] });
  }
}

export type Command = Assignment | OutputSection;

export const isSection = (command: Command | undefined): command is OutputSection => command instanceof OutputSection;

/** Why a symbol is there: a script's assignment, or a file's definition. */
export interface PlacementScope extends Scope {
  /** Whether the assignment defines its symbol: not so for a PROVIDE that nobody needs. */
  defines: (assignment: Assignment) => boolean;
}

export interface Placement {
  /** The script's commands with the orphans among them, in the order of the file. */
  commands: Command[];
  /** Output sections by name, the script's first one of a name. */
  named: Map<string, OutputSection>;
}

/** The pieces of a link: those of the files in the order of {@link Inputs}, then the linker's own. */
export interface Pieces {
  given: Piece[];
  /** All of them, in the order in which patterns look at them. */
  all: Piece[];
}

/** The pieces of a link, with those alive that somebody needs. */
export function alivePieces(script: Script, inputs: Inputs, roots: readonly number[]): Pieces {
  const given = inputs.sections.map((section) => new Piece(section));
  const made = madeSections(inputs).map((section) => new Piece(section));
  const waiting: Piece[] = [];
  const keep = (piece: Piece | undefined) => {
    if (piece === undefined || piece.live) return;
    piece.live = true;
    waiting.push(piece);
  };
  const kept = patternsOf(script).filter((pattern) => pattern.keep);
  for (const piece of given) {
    const { name, type, flags } = piece.section;
    const reserved =
      /ARRAY$|^NOTE$/.test(type) || /^\.(init|fini|jcr)$|^\.([cd]tors|init_array)/.test(name) || flags.includes('R');
    const stays = inputs.collectGarbage !== true || (piece.flags & flagBits.A) === 0 || reserved;
    if (stays || kept.some((pattern) => takes(pattern, piece))) keep(piece);
  }
  for (const root of roots) keep(given[root]);
  for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop()) {
    for (const needed of piece.section.needs ?? []) keep(given[needed]);
  }
  const hasCode = given.some((piece) => piece.live && (piece.flags & flagBits.X) !== 0);
  for (const piece of made) {
    piece.live = true;
    if (!hasCode && piece.section.role !== 'table') piece.size = 0n;
  }
  // Common symbols come first: the linker gives them sections before it looks at those of the files.
  const isCommon = ({ section }: Piece) => section.name === 'COMMON';
  const all = [...given.filter(isCommon), ...given.filter((piece) => !isCommon(piece)), ...made];
  for (const [index, piece] of all.entries()) piece.index = index;
  return { given, all };
}

const patternsOf = (script: Script): InputPattern[] =>
  script.commands.flatMap((command) =>
    command.kind === 'section' ? command.commands.filter((each) => each.kind === 'input') : [],
  );

function takes(pattern: InputPattern, { section }: Piece): boolean {
  return (
    globMatches(pattern.file, section.file) &&
    pattern.patterns.some((each) => each.sections.some((name) => globMatches(name, section.name)))
  );
}

/** Fills the script's sections, makes those for orphans, and puts them in their places. */
export function place(script: Script, pieces: readonly Piece[], inputs: Inputs, scope: PlacementScope): Placement {
  const named = new Map<string, OutputSection>();
  const commands: Command[] = script.commands.map((command) => {
    if (command.kind === 'assignment') return command;
    const section = new OutputSection(command.name, command);
    if (!named.has(command.name)) named.set(command.name, section);
    return section;
  });
  for (const section of commands) if (isSection(section)) fill(section, pieces, scope);
  const orphans = gatherOrphans(commands, pieces, named);
  const all = [...commands, ...orphans];
  for (const section of all) if (isSection(section)) commit(section, scope);
  dropUnused(all);
  return { commands: arrange(all, script, inputs, named, scope), named };
}

/** Lets a section of the script take what its patterns match. */
function fill(section: OutputSection, pieces: readonly Piece[], scope: PlacementScope): void {
  const { command } = section;
  if (command === undefined) return;
  const taken: Piece[] = [];
  section.commands = command.commands.map((each) => {
    if (each.kind !== 'input') return each;
    const matched = matching(each, pieces);
    for (const piece of matched) piece.parent = section;
    taken.push(...matched);
    return { kind: 'taken', pieces: matched };
  });
  if (section.name === '/DISCARD/') {
    for (const piece of taken) discard(piece, command.place, scope);
    section.commands = [];
    return;
  }
  const writable = taken.some((piece) => (piece.flags & flagBits.W) !== 0);
  if (command.constraint !== undefined && writable !== (command.constraint === 'ONLY_IF_RW')) {
    for (const piece of taken) piece.parent = undefined;
    section.commands = [];
    return;
  }
  if (command.inputAlignment !== undefined) {
    const alignment = powerOfTwo(evaluate(command.inputAlignment, scope), command.place, scope);
    for (const piece of taken) piece.alignment = BigInt.asUintN(32, alignment);
  }
  section.inScript = true;
}

function discard(piece: Piece, at: Place, scope: PlacementScope): void {
  if (piece.section.name === '.shstrtab' && piece.section.role === 'table') {
    scope.fail(
      at,
      'discarding .shstrtab section is not allowed',
      'A file needs the names of its sections: use narrower patterns.',
    );
  }
  piece.live = false;
  piece.discarded = true;
  piece.parent = undefined;
}

/** What a pattern takes of what is left, in the order in which it stands then. */
function matching(pattern: InputPattern, pieces: readonly Piece[]): Piece[] {
  const found: Piece[] = [];
  const seen = new Set<Piece>();
  let sorted = 0;
  const inOrder = (from: number, to: number) => {
    const part = found.slice(from, to).sort((one, other) => one.index - other.index);
    found.splice(from, part.length, ...part);
  };
  for (const { sections, excludedFiles, outer, inner } of pattern.patterns) {
    const before = found.length;
    for (const piece of pieces) {
      const { name, file } = piece.section;
      if (!piece.live || piece.parent !== undefined || seen.has(piece)) continue;
      if (!sections.some((each) => globMatches(each, name)) || !globMatches(pattern.file, file)) continue;
      if (excludedFiles.some((each) => globMatches(each, file))) continue;
      found.push(piece);
      seen.add(piece);
    }
    if (outer === undefined) continue;
    // A pattern that sorts leaves what stands before it in the order of the files.
    inOrder(sorted, before);
    if (outer !== 'none') {
      const part = found.slice(before);
      if (inner !== undefined) sortPieces(part, inner);
      sortPieces(part, outer);
      found.splice(before, part.length, ...part);
    }
    sorted = found.length;
  }
  inOrder(sorted, found.length);
  return found;
}

function sortPieces(pieces: Piece[], by: Sort): void {
  if (by === 'name') {
    pieces.sort(({ section: one }, { section: other }) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
  } else if (by === 'alignment') pieces.sort((one, other) => Number(other.alignment - one.alignment));
  else if (by === 'priority') pieces.sort((one, other) => priority(one.section.name) - priority(other.section.name));
}

/** The number at the end of a name such as `.init_array.100`. */
function priority(name: string): number {
  const [, number] = /\.([0-9]+)$/.exec(name) ?? [];
  if (number === undefined) return 65536;
  return /^\.[cd]tors\.[0-9]+$/.test(name) ? 65535 - Number(number) : Number(number);
}

/** Sections for what no pattern took: one for each name, unless the script has one of that name. */
function gatherOrphans(
  commands: readonly Command[],
  pieces: readonly Piece[],
  named: Map<string, OutputSection>,
): OutputSection[] {
  const orphans = new Map<string, OutputSection>();
  for (const piece of pieces) {
    if (!piece.live || piece.parent !== undefined) continue;
    const name = piece.section.name === 'COMMON' ? '.bss' : piece.section.name;
    const present = commands.find((command) => isSection(command) && command.name === name);
    const target = isSection(present) ? present : (orphans.get(name) ?? new OutputSection(name));
    if (!isSection(present)) {
      orphans.set(name, target);
      if (!named.has(name)) named.set(name, target);
    }
    target.record(piece);
  }
  return [...orphans.values()];
}

const asProgramBits: readonly SectionType[] = [
  'NOBITS',
  'PROGBITS',
  'INIT_ARRAY',
  'PREINIT_ARRAY',
  'FINI_ARRAY',
  'NOTE',
];

/** Works out a section's type, flags and alignment from what lies in it. */
function commit(section: OutputSection, scope: PlacementScope): void {
  for (const piece of section.pieces) {
    const { type, role } = piece.section;
    if (role === 'got') section.holdsGot = true;
    if (role === 'gotPlt') section.holdsGotPlt = true;
    if (!section.hasInputs) {
      section.hasInputs = true;
      section.type = type;
      section.flags = piece.flags;
    } else if (section.type !== type) {
      if (!asProgramBits.includes(section.type) || !asProgramBits.includes(type)) {
        const text = `section type mismatch for ${piece.section.name}: ${type} in ${section.name}, which is ${section.type}`;
        scope.fail(section.command?.place, text, 'Use narrower patterns, so that each section holds one type.');
      }
      section.type = 'PROGBITS';
    }
    if (section.command?.noLoad) section.type = 'NOBITS';
    section.flags |= piece.flags;
    if (section.command?.notAllocated) section.flags &= ~flagBits.A;
    if (piece.alignment > section.alignment) section.alignment = piece.alignment;
    if (role === 'table' && piece.section.name !== '.comment' && section.isAllocated) {
      const text = `a pattern takes the linker’s own ${piece.section.name} into ${section.name}`;
      scope.fail(section.command?.place, text, 'Its size is not known here; use narrower patterns than *.');
    }
  }
}

function dropUnused(commands: readonly Command[]): void {
  for (const section of commands) {
    if (!isSection(section)) continue;
    for (const command of section.commands) {
      if (command.kind === 'taken') command.pieces = command.pieces.filter((piece) => !piece.isUnused);
    }
  }
}

/** Takes out sections that nothing lies in, passes segments on, and moves the orphans to their places. */
function arrange(
  all: readonly Command[],
  script: Script,
  inputs: Inputs,
  named: ReadonlyMap<string, OutputSection>,
  scope: PlacementScope,
): Command[] {
  // ADDR and LOADADDR keep the section that they mean: the first of its name.
  const used = new Set([...script.sectionsUsed].map((name) => named.get(name)));
  const commands = withoutEmpty(all, used, scope);
  const sections = commands.filter(isSection);
  for (const section of sections) section.rank = rank(section, inputs);
  const firstOrphan = commands.findIndex((command) => isSection(command) && !command.inScript);
  const fixed = firstOrphan < 0 ? commands : commands.slice(0, firstOrphan);
  const orphans = firstOrphan < 0 ? [] : commands.slice(firstOrphan).filter(isSection);
  orphans.sort((one, other) => one.rank - other.rank);
  // A counter that is set before any section is where the program starts: nothing comes before it.
  let start = fixed.findIndex((command) => !isSkipped(command));
  if (start < 0) start = fixed.length;
  else if (!isSection(fixed[start])) start += 1;
  const placed = [...fixed];
  const together = script.segments.length > 0 || script.regions.length > 0;
  for (let next = 0; next < orphans.length;) {
    const orphan = orphans[next];
    if (orphan === undefined) break;
    const group = orphans.slice(next).filter((each) => each.rank === orphan.rank);
    placed.splice(orphanPlace(orphan, placed, start, together), 0, ...group);
    next += group.length;
  }
  passSegmentsOn(placed.filter(isSection), firstLoadSegment(script));
  return placed;
}

const firstLoadSegment = ({ segments }: Script): string[] =>
  segments
    .filter(({ type }) => type === 1)
    .slice(0, 1)
    .map(({ name }) => name);

/** Sections that say no segment go where the one before them goes. */
function passSegmentsOn(sections: readonly OutputSection[], first: string[]): void {
  let names = first;
  for (const section of sections) {
    if (section.segmentNames.length > 0) names = section.segmentNames;
    else if (section.isAllocated) section.segmentNames = names;
  }
}

function withoutEmpty(
  all: readonly Command[],
  used: ReadonlySet<OutputSection | undefined>,
  scope: PlacementScope,
): Command[] {
  let flags: number = flagBits.A;
  let names: string[] = [];
  return all.filter((section) => {
    if (!isSection(section)) return true;
    const { command } = section;
    if (command?.alignment !== undefined) {
      const alignment = BigInt.asUintN(32, powerOfTwo(evaluate(command.alignment, scope), command.place, scope));
      if (alignment > section.alignment) section.alignment = alignment;
    }
    const isEmpty = section.pieces.length === 0;
    const vanishes = isEmpty && !used.has(section) && isDispensable(section, scope);
    if (section.hasInputs && !vanishes) flags = section.flags;
    if (isEmpty) section.flags = flags & ((command?.notAllocated ? 0 : flagBits.A) | flagBits.W | flagBits.X);
    if (section.inScript) {
      if (section.segmentNames.length > 0) names = section.segmentNames;
      else if (section.isAllocated) section.segmentNames = names;
    }
    return !vanishes;
  });
}

function isDispensable({ name, command, commands }: OutputSection, scope: PlacementScope): boolean {
  if (name === '/DISCARD/') return true;
  if (command?.usesSymbols) return false;
  return commands.every(
    (each) => each.kind === 'taken' || (each.kind === 'assignment' && each.symbol !== '.' && !scope.defines(each)),
  );
}

/** Bits that say what sections have in common, the weightiest difference highest; as in `getSectionRank`. */
function rank(section: OutputSection, inputs: Inputs): number {
  const { name, type, flags } = section;
  if (!section.isAllocated) return 1 << 26;
  if (name === '.interp') return 0;
  let bits = 1 << 15;
  if (type === 'NOTE') return bits;
  bits |= 1 << 14;
  const writable = (flags & flagBits.W) !== 0;
  if ((flags & flagBits.X) !== 0) bits |= writable ? 1 << 12 : 1 << 11;
  else if (writable) bits |= 1 << 13;
  else if (type === 'PROGBITS') bits |= 1 << 10;
  if (!isReadOnlyLater(section, inputs)) bits |= 1 << 9;
  if (type === 'NOBITS') bits |= 1 << 7;
  return bits;
}

/** Whether a Linux program would write-protect the section once it is relocated (PT_GNU_RELRO). */
export function isReadOnlyLater({ name, type, flags, holdsGot, holdsGotPlt }: OutputSection, inputs: Inputs): boolean {
  if ((flags & flagBits.A) === 0 || (flags & flagBits.W) === 0) return false;
  if (/ARRAY$/.test(type) || holdsGot) return true;
  if (holdsGotPlt) return inputs.bindNow === true;
  return [
    ...['.toc', '.dynamic', '.data.rel.ro', '.bss.rel.ro', '.ctors', '.dtors', '.jcr', '.eh_frame'],
    ...['.fini_array', '.init_array', '.openbsd.randomdata', '.preinit_array'],
  ].includes(name);
}

/** An orphan goes past symbols, which may mark the end of what stands before, but not past a new address. */
const isSkipped = (command: Command): boolean => !isSection(command) && command.symbol !== '.';

/** How much two ranks have in common; -1 for what is no section with something in it. */
function nearness(orphan: OutputSection, command: Command | undefined): number {
  return isSection(command) && command.hasInputs ? Math.clz32(orphan.rank ^ command.rank) : -1;
}

/** Where among the commands from `start` on an orphan belongs (`findOrphanPos`). */
function orphanPlace(orphan: OutputSection, commands: readonly Command[], start: number, together: boolean): number {
  const end = commands.length;
  let best = start;
  for (let at = start; at < end; at += 1) {
    if (nearness(orphan, commands[at]) > nearness(orphan, commands[best])) best = at;
  }
  const found = commands[best];
  if (best >= end || !isSection(found)) return end;
  const nearest = nearness(orphan, found);
  const limit = together ? Math.max(orphan.rank, found.rank) : orphan.rank;
  let at = best;
  for (; at < end; at += 1) {
    const command = commands[at];
    if (!isSection(command) || !command.hasInputs) continue;
    if (nearness(orphan, command) !== nearest || limit < command.rank) break;
  }
  while (at > start && nearness(orphan, commands[at - 1]) < 0) at -= 1;
  if (!commands.slice(at).some((command) => nearness(orphan, command) >= 0)) return end;
  for (let command = commands[at]; at < end && command !== undefined && isSkipped(command); command = commands[at])
    at += 1;
  return at;
}

/** An expression's value as a plain number. */
export const valueOf = (expression: Parameters<typeof evaluate>[0], scope: Scope): bigint =>
  numberOf(evaluate(expression, scope));
