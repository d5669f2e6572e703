/**
 * Lays sections out by a linker script: addresses, segments, places in the file, and symbols, as ld.lld does for a static
 * x86-64 program (LLVM 14, Debian's package lld; tests/kernel/linker-script-model.test.ts compares the two).
 */
import {
  alignTo,
  combine,
  constant,
  evaluate,
  numberOf,
  offsetOf,
  isAbsolute,
  u64,
  type Base,
  type Value,
} from './expression.ts';
import { flagBits, pageSize, type InputSection, type Inputs, type SectionType } from './inputs.ts';
import { readScript } from './parser.ts';
import {
  alivePieces,
  isReadOnlyLater,
  isSection,
  OutputSection,
  place,
  valueOf,
  type Command,
  type Piece,
  type PlacementScope,
} from './placement.ts';
import { problemAt, type Place, type ScriptProblem } from './problem.ts';
import { segmentTypes, type Assignment, type Expression, type RegionCommand, type Script } from './syntax.ts';

/** A section of the result. */
export interface LaidSection {
  name: string;
  type: SectionType;
  /** 1 write + 2 in memory + 4 execute. */
  flags: number;
  address: bigint;
  loadAddress: bigint;
  offset: bigint;
  size: bigint;
  alignment: bigint;
  /** No pattern took it: the linker found a place by itself. */
  orphan: boolean;
  /** Indices of the segments that hold it. */
  segments: number[];
  /** The line of the script that describes it; 0 for an orphan. */
  line: number;
  inputs: LaidInput[];
}

export interface LaidInput {
  section: InputSection;
  address: bigint;
}

export interface LaidSegment {
  /** The script's name for it; empty where the linker made it. */
  name: string;
  /** `p_type`. */
  type: number;
  /** 1 execute + 2 write + 4 read. */
  flags: number;
  offset: bigint;
  virtualAddress: bigint;
  physicalAddress: bigint;
  fileSize: bigint;
  memorySize: bigint;
  alignment: bigint;
  line: number;
}

export interface Layout {
  entry: bigint;
  sections: LaidSection[];
  segments: LaidSegment[];
  /** Every symbol of the script, and of the files where its section is there. */
  symbols: Map<string, bigint>;
  /** Sections that /DISCARD/ took, and those left out because nobody refers to them. */
  discarded: InputSection[];
  unused: InputSection[];
  /** Names of segments in PHDRS for which nothing is left to load. */
  emptySegments: string[];
  /** Bytes of the file before its own tables for linkers and debuggers. */
  fileSize: bigint;
}

export interface LayoutResult {
  /** Undefined where an error leaves nothing to show. */
  layout: Layout | undefined;
  script: Script | undefined;
  /** Errors of the linker first, then its warnings. */
  problems: ScriptProblem[];
}

/** Reads a script and lays the sections out. Any text gives a result. */
export function layOut(text: string, inputs: Inputs): LayoutResult {
  const read = readScript(text);
  if ('problem' in read) return { layout: undefined, script: undefined, problems: [read.problem] };
  const linker = new Linker(read.script, inputs);
  const layout = linker.link();
  const problems = linker.problems();
  const failed = problems.some(({ severity }) => severity === 'error');
  return { layout: failed ? undefined : layout, script: read.script, problems };
}

const fileHeaderSize = 64n;
const programHeaderSize = 56n;

interface SymbolState {
  base: Base | undefined;
  offset: bigint;
  /** Of the script, not of a file. */
  fromScript: boolean;
}

interface Region {
  command: RegionCommand;
  /** Computed once a pass. */
  origin: bigint;
  length: bigint;
  position: bigint;
}

/** A program header in the making. Headers of the file count as sections in it. */
interface Segment {
  name: string;
  type: number;
  flags: number;
  alignment: bigint;
  first: OutputSection | undefined;
  last: OutputSection | undefined;
  loadOffset: bigint;
  physicalAddress: bigint | undefined;
  flagsAreSet: boolean;
  place: Place | undefined;
}

const mostPasses = 5;

/** Where ld.lld stops, too. */
const mostProblems = 20;

class Linker {
  readonly #script: Script;
  readonly #inputs: Inputs;
  readonly #problems = new Map<string, ScriptProblem>();
  readonly #symbols = new Map<string, SymbolState>();
  readonly #fileSymbols: ReadonlyMap<string, number | null>;
  readonly #wanted: ReadonlySet<string>;
  readonly #assigned: ReadonlySet<string>;
  readonly #fileHeader = new OutputSection('');
  readonly #programHeaders = new OutputSection('');
  /** What the dot belongs to before the first section. */
  readonly #nowhere = new OutputSection('');
  readonly #loads = new Map<OutputSection, Segment>();
  readonly #sectionRegions = new Map<OutputSection, { memory: Region | undefined; load: Region | undefined }>();
  #pieces: Piece[] = [];
  #named: ReadonlyMap<string, OutputSection> = new Map();
  #commands: Command[] = [];
  #sections: OutputSection[] = [];
  #segments: Segment[] = [];
  readonly #regions: ReadonlyMap<string, Region>;
  // The state of a pass over the commands.
  #dot = 0n;
  #dotBase: OutputSection | undefined;
  #missingIsWrong = false;
  #region: Region | undefined;
  #loadRegion: Region | undefined;
  #loadOffset = 0n;

  constructor(script: Script, inputs: Inputs) {
    this.#script = script;
    this.#inputs = inputs;
    this.#fileSymbols = new Map(inputs.symbols.map(({ name, section }) => [name, section]));
    this.#wanted = new Set([...(inputs.undefined ?? []), ...script.wanted, ...script.symbolsUsed]);
    this.#assigned = new Set(
      assignments(script)
        .filter((each) => each.symbol !== '.' && !each.provide)
        .map((each) => each.symbol),
    );
    this.#regions = new Map(
      script.regions.map((command) => [command.name, { command, origin: 0n, length: 0n, position: 0n }]),
    );
    this.#fileHeader.size = fileHeaderSize;
    this.#programHeaders.alignment = 8n;
    for (const part of [this.#fileHeader, this.#programHeaders]) part.flags = flagBits.A;
  }

  problems(): ScriptProblem[] {
    const all = [...this.#problems.values()];
    return [
      ...all.filter(({ severity }) => severity === 'error'),
      ...all.filter(({ severity }) => severity !== 'error'),
    ];
  }

  link(): Layout {
    const pieces = alivePieces(this.#script, this.#inputs, this.#roots());
    this.#pieces = pieces.all;
    const { commands, named } = place(this.#script, this.#pieces, this.#inputs, this.#scope);
    this.#commands = commands;
    this.#named = named;
    this.#defineFileSymbols(pieces.given);
    this.#checkUndefined();
    this.#defineEarly();
    this.#sections = commands.filter(isSection);
    this.#findRegions();
    this.#segments = this.#script.segments.length > 0 ? this.#scriptSegments() : this.#ownSegments();
    this.#programHeaders.size = programHeaderSize * BigInt(this.#segments.length);
    this.#assignAddresses();
    this.#warnOfAlignments();
    this.#placeHeaders();
    const emptySegments = this.#dropEmptySegments();
    const fileSize = this.#assignOffsets();
    this.#checkOverlaps();
    this.#checkData();
    return this.#result(emptySegments, fileSize);
  }

  #report(severity: ScriptProblem['severity'], at: Place | undefined, text: string, fix: string): void {
    if (this.#problems.size >= mostProblems) return;
    const problem = problemAt(this.#script.text, at ?? { start: 0, length: 0 }, severity, text, fix);
    const key = `${problem.line}:${problem.column}:${text}`;
    if (!this.#problems.has(key)) this.#problems.set(key, problem);
  }

  readonly #fail = (at: Place | undefined, text: string, fix: string): void => this.#report('error', at, text, fix);

  readonly #scope: PlacementScope = {
    dot: (at) => {
      const base = this.#dotBase;
      if (base === undefined) {
        this.#fail(at, 'unable to get location counter value', 'The dot has no value here: use a number.');
        return constant(0n);
      }
      return { ...constant(this.#dot - base.address), base };
    },
    symbol: (name, at) => {
      const symbol = this.#symbols.get(name);
      if (symbol !== undefined)
        return { base: symbol.base, offset: symbol.offset, absolute: false, alignment: 1n, place: at };
      this.#fail(at, `symbol not found: ${name}`, 'Define it in the script, or look for a typing error.');
      return constant(0n);
    },
    isDefined: (name) => this.#symbols.has(name) || this.#assigned.has(name) || this.#fileSymbols.has(name),
    section: (name, wanted, at) => this.#sectionValue(name, wanted, at),
    region: (name, wanted) => {
      const region = this.#regions.get(name);
      return constant((wanted === 'ORIGIN' ? region?.origin : region?.length) ?? 0n);
    },
    headerSize: () => fileHeaderSize + this.#programHeaders.size,
    fail: this.#fail,
    defines: (assignment) => this.#defines(assignment),
  };

  #sectionValue(name: string, wanted: string, at: Place): Value {
    const section = this.#named.get(name);
    if (section === undefined) {
      if (this.#missingIsWrong && wanted !== 'SIZEOF') {
        this.#fail(
          at,
          `undefined section ${name}`,
          'Name one of the output sections of the script, or of its orphans.',
        );
      }
      return constant(0n);
    }
    switch (wanted) {
      case 'ADDR':
        return { ...constant(0n), base: section, place: at };
      case 'LOADADDR':
        return constant(this.#loadAddress(section));
      case 'ALIGNOF':
        return constant(section.alignment);
      default:
        return constant(section.size);
    }
  }

  #loadAddress(section: OutputSection): bigint {
    return u64(section.address + (this.#loads.get(section)?.loadOffset ?? 0n));
  }

  /** Sections that have to stay because of symbols: the entry point's, and those that the script uses. */
  #roots(): number[] {
    const names = [this.#script.entry?.symbol ?? '_start', ...this.#script.wanted, ...this.#script.symbolsUsed];
    return names.flatMap((name) => {
      const section = this.#assigned.has(name) ? null : this.#fileSymbols.get(name);
      return section === undefined || section === null ? [] : [section];
    });
  }

  #defines({ symbol, provide }: Assignment): boolean {
    if (symbol === '.') return false;
    if (!provide) return true;
    return this.#wanted.has(symbol) && !this.#fileSymbols.has(symbol);
  }

  #defineFileSymbols(pieces: readonly Piece[]): void {
    for (const { name, section, value } of this.#inputs.symbols) {
      const piece = section === null ? undefined : pieces[section];
      if (section !== null && (piece === undefined || piece.parent === undefined)) continue;
      this.#symbols.set(name, { base: piece, offset: BigInt(value), fromScript: false });
    }
  }

  #checkUndefined(): void {
    const provided = new Set(assignments(this.#script).map(({ symbol }) => symbol));
    for (const name of this.#inputs.undefined ?? []) {
      if (this.#fileSymbols.has(name) || provided.has(name)) continue;
      this.#fail(undefined, `undefined symbol: ${name}`, `Define it in the script: ${name} = …;`);
    }
  }

  /** Symbols get values before any section has an address, as relocations want to know which are plain numbers. */
  #defineEarly(): void {
    for (const { symbol } of this.#assignments()) if (!this.#symbols.has(symbol)) this.#set(symbol, constant(0n));
    this.#dotBase = this.#nowhere;
    this.#computeRegions();
    for (const assignment of this.#assignments()) {
      const value = this.#assigning(assignment);
      this.#symbols.set(assignment.symbol, {
        base: isAbsolute(value) ? undefined : value.base,
        offset: value.base === undefined ? numberOf(value) : 0n,
        fromScript: true,
      });
    }
    this.#dotBase = undefined;
  }

  /** Those that define a symbol, in order. */
  #assignments(): Assignment[] {
    return this.#commands
      .flatMap((command) => (isSection(command) ? command.commands : [command]))
      .filter((command) => command.kind === 'assignment')
      .filter((assignment) => this.#defines(assignment));
  }

  #assigning({ symbol, operator, value, place: at }: Assignment): Value {
    const right = evaluate(value, this.#scope);
    if (operator === '=') return right;
    const left = symbol === '.' ? this.#scope.dot(at) : this.#scope.symbol(symbol, at);
    return combine(operator.slice(0, -1), left, right, at, this.#scope);
  }

  #set(symbol: string, value: Value): void {
    const state = isAbsolute(value)
      ? { base: undefined, offset: numberOf(value) }
      : { base: value.base, offset: offsetOf(value) };
    this.#symbols.set(symbol, { ...state, fromScript: true });
  }

  #findRegions(): void {
    let hint: Region | undefined;
    for (const section of this.#sections) {
      const load = section.command?.loadRegion;
      const [memory, next] = this.#memoryRegion(section, hint);
      hint = next;
      this.#sectionRegions.set(section, { memory, load: load && this.#namedRegion(load) });
    }
  }

  #namedRegion({ name, place: at }: { name: string; place: Place }): Region | undefined {
    const region = this.#regions.get(name);
    if (region === undefined) this.#fail(at, `memory region '${name}' not declared`, 'Declare it in MEMORY { … }.');
    return region;
  }

  #memoryRegion(section: OutputSection, hint: Region | undefined): [Region | undefined, Region | undefined] {
    const wanted = section.command?.region;
    if (!section.isAllocated) {
      if (wanted !== undefined) {
        const text = `ignoring memory region assignment for non-allocatable section '${section.name}'`;
        this.#report('warning', wanted.place, text, 'Leave the region out.');
      }
      return [undefined, undefined];
    }
    if (wanted !== undefined) {
      const region = this.#namedRegion(wanted);
      return [region, region];
    }
    if (this.#regions.size === 0) return [undefined, undefined];
    if (!section.inScript && hint !== undefined) return [hint, hint];
    for (const region of this.#regions.values()) {
      const { has, lacks, never, always } = region.command.attributes;
      const { flags } = section;
      if ((flags & never) !== 0 || (~flags & always) !== 0) continue;
      if ((flags & has) !== 0 || (~flags & lacks) !== 0) return [region, undefined];
    }
    const text = `no memory region specified for section '${section.name}'`;
    this.#fail(section.command?.place, text, 'With MEMORY, each section needs one: } >ram');
    return [undefined, undefined];
  }

  #newSegment(type: number, flags: number, more: Partial<Segment> = {}): Segment {
    return {
      ...{ name: '', type, flags, alignment: type === 1 ? pageSize : 0n, first: undefined, last: undefined },
      ...{ loadOffset: 0n, physicalAddress: undefined, flagsAreSet: true, place: undefined, ...more },
    };
  }

  #add(segment: Segment, section: OutputSection): void {
    segment.last = section;
    segment.first ??= section;
    if (section.alignment > segment.alignment) segment.alignment = section.alignment;
    if (segment.type === 1) this.#loads.set(section, segment);
  }

  /** The segments that PHDRS lists. */
  #scriptSegments(): Segment[] {
    const segments = this.#script.segments.map((command) => {
      const { name, type, flags, fileHeader, programHeaders, loadAddress } = command;
      const segment = this.#newSegment(type, flags ?? 4, {
        name,
        flagsAreSet: flags !== undefined,
        place: command.place,
      });
      if (fileHeader) this.#add(segment, this.#fileHeader);
      if (programHeaders) this.#add(segment, this.#programHeaders);
      if (loadAddress !== undefined) segment.physicalAddress = valueOf(loadAddress, this.#scope);
      return segment;
    });
    for (const section of this.#sections) {
      for (const name of section.segmentNames) {
        const segment = segments.find((each) => each.name === name);
        if (segment !== undefined) {
          this.#add(segment, section);
          if (!segment.flagsAreSet) segment.flags |= segmentFlags(section);
        } else if (name !== 'NONE') {
          const at = section.command?.segments.find((each) => each.name === name)?.place;
          const known = this.#script.segments.map((each) => each.name).join(', ');
          this.#fail(at, `program header '${name}' is not listed in PHDRS`, `PHDRS lists ${known}.`);
        }
      }
    }
    return segments;
  }

  /** Without PHDRS the linker makes segments by itself: a new one where permissions change. */
  #ownSegments(): Segment[] {
    for (const section of this.#sections) {
      const named = section.command?.segments[0];
      if (named === undefined) continue;
      this.#report(
        'warning',
        named.place,
        `:${named.name} says nothing without PHDRS`,
        'List the segments in PHDRS { … }.',
      );
    }
    const headers = this.#newSegment(6, 4);
    this.#add(headers, this.#programHeaders);
    let load = this.#newSegment(1, 4);
    this.#add(load, this.#fileHeader);
    this.#add(load, this.#programHeaders);
    const segments = [headers, load];
    const allocated = this.#sections.filter((section) => section.isAllocated);
    const protectedLater = this.#newSegment(0x6474e552, 4);
    let endOfProtected: OutputSection | undefined;
    let inProtected = false;
    for (const section of allocated) {
      if (isReadOnlyLater(section, this.#inputs)) {
        inProtected = true;
        if (endOfProtected === undefined) this.#add(protectedLater, section);
        else {
          const text = `section: ${section.name} is not contiguous with other relro sections`;
          this.#fail(
            section.command?.place,
            text,
            'Put .got, .init_array and their like side by side, or list segments in PHDRS.',
          );
        }
      } else if (inProtected) {
        inProtected = false;
        endOfProtected = section;
      }
    }
    for (const section of allocated) {
      const flags = segmentFlags(section);
      const regions = this.#sectionRegions.get(section);
      const firstRegions = load.first && this.#sectionRegions.get(load.first);
      const sameLoad = section.command?.loadAddress === undefined && regions?.load === firstRegions?.load;
      const fits =
        flags === load.flags &&
        section !== endOfProtected &&
        regions?.memory === firstRegions?.memory &&
        (sameLoad || load.last === this.#programHeaders);
      if (!fits) {
        load = this.#newSegment(1, flags);
        segments.push(load);
      }
      this.#add(load, section);
    }
    if (protectedLater.first !== undefined) segments.push(protectedLater);
    const frames = allocated.find((section) => section.pieces.some((piece) => piece.section.role === 'frameHeader'));
    if (
      frames !== undefined &&
      allocated.some((section) => section.pieces.some((piece) => piece.section.role === 'frames'))
    ) {
      const segment = this.#newSegment(segmentTypes['PT_GNU_EH_FRAME'] ?? 0, segmentFlags(frames));
      this.#add(segment, frames);
      segments.push(segment);
    }
    segments.push(this.#newSegment(segmentTypes['PT_GNU_STACK'] ?? 0, 6));
    let notes: Segment | undefined;
    for (const section of this.#sections) {
      if (section.type !== 'NOTE' || !section.isAllocated) {
        notes = undefined;
        continue;
      }
      const separate = section.command?.loadAddress !== undefined || notes?.last?.alignment !== section.alignment;
      if (notes === undefined || separate) segments.push((notes = this.#newSegment(4, 4)));
      this.#add(notes, section);
    }
    return segments;
  }

  /** Goes over the commands until no symbol changes any more. */
  #assignAddresses(): void {
    this.#missingIsWrong = true;
    this.#pass();
    for (let pass = 0; ; pass += 1) {
      const before = this.#scriptSymbols();
      this.#pass();
      const after = this.#scriptSymbols();
      const changed = [...after.keys()].find((name) => {
        const [one, other] = [before.get(name), after.get(name)];
        return one?.base !== other?.base || one?.offset !== other?.offset;
      });
      if (changed === undefined) return;
      if (pass + 1 < mostPasses) continue;
      const at = assignments(this.#script).find(({ symbol }) => symbol === changed)?.place;
      this.#fail(
        at,
        `assignment to symbol ${changed} does not converge`,
        'Its value depends on itself: break the circle.',
      );
      return;
    }
  }

  #scriptSymbols(): Map<string, SymbolState> {
    return new Map([...this.#symbols].filter(([, { fromScript }]) => fromScript));
  }

  #pass(): void {
    this.#dot = 0n;
    this.#dotBase = this.#nowhere;
    this.#region = undefined;
    this.#loadRegion = undefined;
    this.#loadOffset = 0n;
    this.#computeRegions();
    for (const command of this.#commands) {
      if (isSection(command)) this.#passSection(command);
      else this.#assign(command, undefined);
    }
    this.#dotBase = undefined;
  }

  /** A region may be described by those before it. */
  #computeRegions(): void {
    for (const region of this.#regions.values()) {
      region.origin = valueOf(region.command.origin, this.#scope);
      region.length = valueOf(region.command.length, this.#scope);
      region.position = region.origin;
    }
  }

  #assign(assignment: Assignment, inside: OutputSection | undefined): void {
    if (assignment.symbol !== '.') {
      if (this.#defines(assignment)) this.#set(assignment.symbol, this.#assigning(assignment));
      return;
    }
    this.#moveDot(numberOf(this.#assigning(assignment)), inside, assignment.place);
  }

  #moveDot(to: bigint, inside: OutputSection | undefined, at: Place): void {
    if (inside !== undefined) {
      if (to < this.#dot) {
        const text = `unable to move location counter backward for: ${inside.name}`;
        const fix =
          to < 0x100000n && this.#dot > 0x100000n
            ? 'Inside a section, too, the dot is a whole address for ld.lld: write . = . + … to move on.'
            : `The dot stands at 0x${this.#dot.toString(16)} already.`;
        this.#fail(at, text, fix);
      }
      this.#grow(inside, u64(to - this.#dot));
    }
    this.#dot = to;
  }

  #grow(section: OutputSection, by: bigint): void {
    section.size = u64(section.size + by);
    this.#growRegions(section, by);
  }

  #growRegions(section: OutputSection, by: bigint): void {
    if (this.#region !== undefined) this.#growRegion(this.#region, section, by);
    if (this.#loadRegion !== undefined && this.#loadRegion !== this.#region)
      this.#growRegion(this.#loadRegion, section, by);
  }

  #growRegion(region: Region, section: OutputSection, by: bigint): void {
    region.position = u64(region.position + by);
    const used = u64(region.position - region.origin);
    if (used <= region.length) return;
    const over = used - region.length;
    const text = `section '${section.name}' will not fit in region '${region.command.name}': overflowed by ${over} bytes`;
    this.#fail(section.command?.place, text, 'Make the region longer, or put less into it.');
  }

  #passSection(section: OutputSection): void {
    const { command } = section;
    const { memory, load } = this.#sectionRegions.get(section) ?? {};
    const sameRegion = this.#region === memory;
    const hadLoadRegion = this.#loadRegion !== undefined;
    const before = this.#dot;
    this.#region = memory;
    this.#loadRegion = load;
    if (!section.isAllocated) this.#dot = 0n;
    else {
      if (memory !== undefined) this.#dot = memory.position;
      if (command?.address !== undefined) this.#dot = valueOf(command.address, this.#scope);
      if (memory !== undefined && memory.position < this.#dot) {
        this.#growRegion(memory, section, u64(this.#dot - memory.position));
      }
    }
    this.#dotBase = section;
    if (command?.address !== undefined) section.address = this.#dot;
    else {
      const from = this.#dot;
      this.#dot = alignTo(this.#dot, section.alignment);
      section.address = this.#dot;
      this.#growRegions(section, u64(this.#dot - from));
    }
    if (command?.loadAddress !== undefined) {
      this.#loadOffset = u64(valueOf(command.loadAddress, this.#scope) - this.#dot);
    } else if (load !== undefined) {
      const start = alignTo(load.position, section.alignment);
      if (load.position < start) this.#growRegion(load, section, u64(start - load.position));
      this.#loadOffset = u64(start - this.#dot);
    } else if (!sameRegion || hadLoadRegion) this.#loadOffset = 0n;
    const segment = this.#loads.get(section);
    if (segment !== undefined && this.#firstIn(segment) === section) segment.loadOffset = this.#loadOffset;
    section.size = 0n;
    for (const each of section.commands) {
      if (each.kind === 'assignment') this.#assign(each, section);
      else if (each.kind === 'data') {
        this.#dot = u64(this.#dot + BigInt(each.size));
        this.#grow(section, BigInt(each.size));
      } else {
        for (const piece of each.pieces) {
          const from = this.#dot;
          this.#dot = alignTo(this.#dot, piece.alignment);
          piece.offset = u64(this.#dot - section.address);
          this.#dot = u64(this.#dot + this.#pieceSize(piece));
          this.#grow(section, u64(this.#dot - from));
        }
      }
    }
    if (!section.isAllocated) this.#dot = before;
  }

  /** The index of unwinding tables lists what is there: nothing, where .eh_frame has been discarded. */
  #pieceSize(piece: Piece): bigint {
    if (piece.section.role !== 'frameHeader' || piece.size === 0n) return piece.size;
    const { frames } = this.#inputs.made ?? {};
    const kept = this.#pieces.some((each) => each.section.role === 'frames' && !each.discarded);
    return 12n + (kept ? 8n * BigInt(frames?.count ?? 0) : 0n);
  }

  #firstIn(segment: Segment): OutputSection | undefined {
    return this.#sections.find((section) => this.#loads.get(section) === segment);
  }

  #warnOfAlignments(): void {
    for (const { address, alignment, name, command } of this.#sections) {
      if (address % alignment === 0n) continue;
      const text = `address (0x${address.toString(16)}) of section ${name} is not a multiple of alignment (${alignment})`;
      this.#report('warning', command?.place, text, `Give it an address that ends in a multiple of ${alignment}.`);
    }
  }

  /** Puts the file's headers below the first section where there is room, and out of the segments where there is none. */
  #placeHeaders(): void {
    const firstLoad = this.#segments.find(({ type }) => type === 1);
    if (firstLoad === undefined) return;
    let lowest = u64(-1n);
    for (const { isAllocated, address } of this.#sections) if (isAllocated && address < lowest) lowest = address;
    const wanted = this.#script.segments.find(({ fileHeader, programHeaders }) => fileHeader || programHeaders);
    const size = fileHeaderSize + this.#programHeaders.size;
    const base = wanted === undefined ? lowest - (lowest % pageSize) : 0n;
    if (size <= lowest - base) {
      const address = lowest - size - ((lowest - size) % pageSize);
      this.#fileHeader.address = address;
      this.#programHeaders.address = address + fileHeaderSize;
      return;
    }
    if (wanted !== undefined) {
      this.#fail(
        wanted.place,
        'could not allocate headers',
        `Leave room before the first section: . = BASE + SIZEOF_HEADERS;`,
      );
    }
    this.#loads.delete(this.#fileHeader);
    this.#loads.delete(this.#programHeaders);
    firstLoad.first = this.#firstIn(firstLoad);
    this.#segments = this.#segments.filter(({ type }) => type !== 6);
  }

  #dropEmptySegments(): string[] {
    const isEmpty = ({ type, first, last }: Segment) =>
      type === 1 && (first === undefined || last === undefined || u64(last.address + last.size - first.address) === 0n);
    const empty = this.#segments.filter(isEmpty);
    for (const [section, segment] of this.#loads) if (empty.includes(segment)) this.#loads.delete(section);
    this.#segments = this.#segments.filter((segment) => !empty.includes(segment));
    return empty.map(({ name }) => name).filter((name) => name !== '');
  }

  /** Finds each section's place in the file. Returns where they end. */
  #assignOffsets(): bigint {
    this.#programHeaders.offset = fileHeaderSize;
    let end = fileHeaderSize + this.#programHeaders.size;
    for (const section of this.#sections.filter((each) => each.isAllocated)) {
      section.offset = this.#offsetOf(section, end);
      end = section.type === 'NOBITS' ? section.offset : u64(section.offset + section.size);
    }
    const allocatedEnd = end;
    for (const section of this.#sections.filter((each) => !each.isAllocated)) {
      section.offset = alignTo(end, section.alignment);
      end = section.offset + section.size;
    }
    const limit = alignTo(end, 8n) + BigInt(this.#sections.length + 1) * 64n;
    for (const { name, type, offset, size, command } of this.#sections) {
      if (type === 'NOBITS' || (offset <= limit && offset + size <= limit)) continue;
      const text = `unable to place section ${name} at file offset ${range(offset, size)}; check your linker script for overflows`;
      this.#fail(command?.place, text, 'Within a segment, addresses have to rise from section to section.');
    }
    if (limit >= 1n << 63n) {
      this.#fail(
        undefined,
        `output file too large: ${limit} bytes`,
        'Let the dot rise from section to section of a segment.',
      );
    } else if (limit > largestFile) {
      const text = `the file would have ${limit} bytes`;
      this.#report(
        'warning',
        undefined,
        text,
        'Zeroes in the middle are written out: put large gaps at a segment’s end, as .bss.',
      );
    }
    return allocatedEnd;
  }

  /** File and memory agree modulo the page size, so that a page of the file is a page of memory. */
  #offsetOf(section: OutputSection, end: bigint): bigint {
    const segment = this.#loads.get(section);
    if (segment?.first === section) {
      const skew = section.address % segment.alignment;
      return u64(alignTo(u64(end - skew), segment.alignment) + skew);
    }
    if (section.type === 'NOBITS') return end;
    if (segment?.first === undefined) return alignTo(end, section.alignment);
    return u64(segment.first.offset + section.address - segment.first.address);
  }

  #checkOverlaps(): void {
    const present = this.#sections.filter(({ size }) => size > 0n);
    for (const { name, address, size, command } of this.#sections) {
      if (address + size <= u64(-1n)) continue;
      if (u64(address + size) >= address) continue;
      const text = `section ${name} at 0x${address.toString(16)} of size 0x${size.toString(16)} exceeds available address space`;
      this.#fail(command?.place, text, 'Begin lower.');
    }
    const allocated = present.filter((section) => section.isAllocated);
    this.#checkOverlap(
      'file',
      present.filter(({ type, pieces }) => type !== 'NOBITS' && !isTable(pieces)),
      ({ offset }) => offset,
    );
    this.#checkOverlap('virtual address', allocated, ({ address }) => address);
    this.#checkOverlap('load address', allocated, (section) => this.#loadAddress(section));
  }

  #checkOverlap(what: string, sections: readonly OutputSection[], start: (section: OutputSection) => bigint): void {
    const sorted = sections.map((section) => ({ section, from: start(section) }));
    sorted.sort((one, other) => (one.from < other.from ? -1 : one.from > other.from ? 1 : 0));
    for (const [index, { section, from }] of sorted.entries()) {
      const next = sorted[index + 1];
      if (next === undefined || next.from >= u64(from + section.size)) continue;
      const text =
        `section ${section.name} ${what} range overlaps with ${next.section.name}: ` +
        `${range(from, section.size)} and ${range(next.from, next.section.size)}`;
      this.#fail((next.section.command ?? section.command)?.place, text, 'Move one of them away.');
    }
  }

  /** What BYTE and its like say is computed when the file is written. */
  #checkData(): void {
    const expressions: Expression[] = this.#sections.flatMap(({ commands }) =>
      commands.flatMap((command) => (command.kind === 'data' ? [command.value] : [])),
    );
    for (const expression of expressions) evaluate(expression, this.#scope);
  }

  #result(emptySegments: string[], fileSize: bigint): Layout {
    const segments = this.#segments.map((segment): LaidSegment => {
      const { name, type, flags, first, last, physicalAddress } = segment;
      const fileEnd = last === undefined ? 0n : last.offset + (last.type === 'NOBITS' ? 0n : last.size);
      const memorySize = first && last ? u64(last.address + last.size - first.address) : 0n;
      const isProtected = type === segmentTypes['PT_GNU_RELRO'];
      const offset = first?.offset ?? 0n;
      return {
        ...{ name, type, flags, offset, virtualAddress: first?.address ?? 0n },
        physicalAddress: physicalAddress ?? (first ? this.#loadAddress(first) : 0n),
        fileSize: first ? u64(fileEnd - first.offset) : 0n,
        memorySize: isProtected ? u64(alignTo(offset + memorySize, pageSize) - offset) : memorySize,
        alignment: isProtected ? 1n : segment.alignment,
        line: segment.place === undefined ? 0 : this.#line(segment.place),
      };
    });
    const sections = this.#sections.filter(({ pieces }) => !isTable(pieces));
    return {
      entry: this.#entry(),
      sections: sections.map((section) => this.#laid(section)),
      segments,
      symbols: new Map(
        [...this.#symbols].map(([name, { base, offset }]) => [name, u64((base?.address ?? 0n) + offset)]),
      ),
      discarded: this.#pieces
        .filter((piece) => piece.discarded && !piece.isUnused && piece.section.role !== 'table')
        .map(sectionOf),
      unused: this.#pieces.filter((piece) => !piece.live && !piece.discarded).map(sectionOf),
      emptySegments,
      fileSize,
    };
  }

  #laid(section: OutputSection): LaidSection {
    const { name, type, flags, address, offset, size, alignment, inScript, command } = section;
    return {
      ...{ name, type, flags, address, offset, size, alignment },
      loadAddress: this.#loadAddress(section),
      orphan: !inScript,
      segments: this.#segments.flatMap((segment, index) => (this.#holds(segment, section) ? [index] : [])),
      line: command === undefined ? 0 : this.#line(command.place),
      inputs: section.pieces.map((piece) => ({
        section: { ...sectionOf(piece), size: Number(this.#pieceSize(piece)) },
        address: piece.address,
      })),
    };
  }

  #holds(segment: Segment, section: OutputSection): boolean {
    const { first, last } = segment;
    if (segment.name !== '') return section.segmentNames.includes(segment.name);
    if (first === undefined || last === undefined || !section.isAllocated) return false;
    if (segment.type === 1) return this.#loads.get(section) === segment;
    const from = this.#sections.indexOf(first);
    const at = this.#sections.indexOf(section);
    return from >= 0 && at >= from && at <= this.#sections.indexOf(last);
  }

  #line(at: Place): number {
    return problemAt(this.#script.text, at, 'error', '', '').line;
  }

  #entry(): bigint {
    const { symbol = '_start', place: at } = this.#script.entry ?? {};
    const state = this.#symbols.get(symbol);
    if (state !== undefined) return u64((state.base?.address ?? 0n) + state.offset);
    if (/^(0x[0-9a-f]{1,16}|[0-9]{1,19})$/i.test(symbol)) return u64(BigInt(symbol));
    const fix =
      at === undefined
        ? 'Without ENTRY the linker looks for _start. Write ENTRY(kmain).'
        : 'Look for a typing error, or for a lost #[unsafe(no_mangle)].';
    this.#report('warning', at, `cannot find entry symbol ${symbol}; not setting start address`, fix);
    return 0n;
  }
}

/** Above this, a warning says how large the file would be. */
const largestFile = 1n << 30n;

const sectionOf = ({ section }: Piece): InputSection => section;

const isTable = (pieces: readonly Piece[]): boolean =>
  pieces.length > 0 && pieces.every(({ section }) => section.role === 'table');

const assignments = (script: Script): Assignment[] =>
  script.commands
    .flatMap((command) => (command.kind === 'section' ? command.commands : [command]))
    .filter((command) => command.kind === 'assignment');

/** `p_flags` for a section's own permissions. */
const segmentFlags = ({ flags }: OutputSection): number =>
  4 | ((flags & flagBits.W) !== 0 ? 2 : 0) | ((flags & flagBits.X) !== 0 ? 1 : 0);

const range = (from: bigint, size: bigint): string =>
  `[0x${from.toString(16)}, 0x${u64(from + size - 1n).toString(16)}]`;
