/**
 * Reads linker scripts: the part of GNU ld's language that kernels use, as ld.lld of LLVM 14 takes it
 * (lld/ELF/ScriptParser.cpp). A construct outside of that part is named with its place.
 */
import { evaluateConstant, parseNumber } from './expression.ts';
import { pageSize } from './inputs.ts';
import { Lexer, type Token } from './lexer.ts';
import { ScriptError, problemAt, shown, type Place, type ScriptProblem } from './problem.ts';
import {
  segmentTypes,
  sorts,
  type Assignment,
  type Data,
  type Expression,
  type InputPattern,
  type RegionCommand,
  type Script,
  type SectionCommand,
  type SectionPattern,
  type SegmentCommand,
  type Sort,
} from './syntax.ts';

/** The longest script, in characters. The Linux kernel's is half as long. */
export const longestScript = 64 * 1024;

/** How deep parentheses and signs may nest: far more than anybody writes, and little enough for recursion. */
const deepest = 64;

/** More than any kernel has, and few enough to be compared with each other. */
const mostSections = 1000;
const mostSegments = 64;
const mostRegions = 64;

/** Reads a script, up to its first error. */
export function readScript(text: string): { script: Script } | { problem: ScriptProblem } {
  try {
    if (text.length > longestScript) {
      const place = { start: 0, length: 0 };
      throw new ScriptError(
        place,
        `the script has ${text.length} characters`,
        `At most ${longestScript} are read here.`,
      );
    }
    return { script: new Parser(text).script() };
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return { problem: problemAt(text, error.place, 'error', error.message, error.fix) };
  }
}

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const assignmentOperators = ['=', '+=', '-=', '*=', '/=', '<<=', '>>=', '&=', '|='];
const dataSizes: Readonly<Record<string, number>> = { BYTE: 1, SHORT: 2, LONG: 4, QUAD: 8 };
const sortKinds: Readonly<Record<string, Sort>> = {
  SORT: 'name',
  SORT_BY_NAME: 'name',
  SORT_BY_ALIGNMENT: 'alignment',
  SORT_BY_INIT_PRIORITY: 'priority',
  SORT_NONE: 'none',
};

/** Commands of the language that would need more files, other formats, or a part of the linker that is not modelled. */
const outside: Readonly<Record<string, string>> = {
  INCLUDE: 'Put the text of that file in its place.',
  INPUT: 'Name the object files on the command line instead.',
  GROUP: 'Name the archives on the command line instead.',
  INSERT: 'Write the sections where they belong in SECTIONS.',
  OVERLAY: 'Sections of a kernel each have addresses of their own.',
  OVERWRITE_SECTIONS: 'Change the section in SECTIONS.',
  REGION_ALIAS: 'Use the region’s own name.',
  TARGET: 'Use OUTPUT_FORMAT(elf64-x86-64).',
  VERSION: 'Versions of symbols are for shared libraries; a kernel has none.',
  NOCROSSREFS: 'References between sections are not looked at here.',
  INPUT_SECTION_FLAGS: 'Choose sections by their names.',
  CLASS: 'Choose sections by their names.',
};

class Parser {
  readonly #text: string;
  readonly #lexer: Lexer;
  readonly #script: Script;
  #depth = 0;
  #sectionCount = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lexer = new Lexer(text);
    this.#script = {
      text,
      entry: undefined,
      wanted: [],
      commands: [],
      segments: [],
      regions: [],
      symbolsUsed: new Set(),
      sectionsUsed: new Set(),
    };
  }

  script(): Script {
    let hasSections = false;
    while (!this.#lexer.atEnd) {
      const token = this.#lexer.next();
      if (token.text === ';') continue;
      else if (token.text === 'SECTIONS') {
        hasSections = true;
        this.#sections();
      } else this.#command(token);
    }
    if (!hasSections) {
      const place = { start: 0, length: 0 };
      throw new ScriptError(
        place,
        'the script has no SECTIONS, so the linker would follow its built-in plan',
        'Write SECTIONS { … } with an output section such as .text : { *(.text .text.*) }.',
      );
    }
    return this.#script;
  }

  #command(token: Token): void {
    switch (token.text) {
      case 'ENTRY': {
        const symbol = this.#inParentheses();
        this.#script.entry ??= { symbol: symbol.text, place: symbol };
        return;
      }
      case 'EXTERN':
        this.#lexer.expect('(', 'EXTERN takes names in parentheses.');
        while (this.#lexer.take(')') === undefined) this.#script.wanted.push(this.#name('a symbol').text);
        return;
      case 'PHDRS':
        this.#segments();
        return;
      case 'MEMORY':
        this.#regions();
        return;
      case 'OUTPUT_FORMAT':
        this.#format();
        return;
      case 'OUTPUT_ARCH':
        this.#lexer.expect('(', 'Write OUTPUT_ARCH(i386:x86-64).');
        while (this.#lexer.take(')') === undefined) this.#name('an architecture');
        return;
      case 'OUTPUT':
      case 'SEARCH_DIR':
        this.#inParentheses();
        return;
    }
    const assignment = this.#assignment(token);
    if (assignment !== undefined) {
      this.#script.commands.push(assignment);
      return;
    }
    this.#refuseOutside(token);
    throw new ScriptError(token, `unknown directive: ${token.text}`, unknownDirectiveFix(token.text));
  }

  #refuseOutside(token: Token): void {
    const fix = token.quoted ? undefined : outside[token.text];
    if (fix !== undefined) throw new ScriptError(token, `${token.text} is outside of what is modelled here`, fix);
  }

  /** A word that names something. */
  #name(what: string): Token {
    const token = this.#lexer.peek();
    if (token.length === 0 || (!token.quoted && /^[(){};,]$/.test(token.text))) {
      throw this.#lexer.unexpected(`${what} expected`, 'Write its name here.');
    }
    return this.#lexer.next();
  }

  #inParentheses(): Token {
    return this.#lexer.within(false, () => {
      this.#lexer.expect('(', 'A name in parentheses follows.');
      const name = this.#name('a name');
      this.#lexer.expect(')', 'Close the parenthesis.');
      return name;
    });
  }

  #format(): void {
    this.#lexer.expect('(', 'Write OUTPUT_FORMAT(elf64-x86-64).');
    const names = [this.#name('a format')];
    while (this.#lexer.take(',') !== undefined) names.push(this.#name('a format'));
    this.#lexer.expect(')', 'Close the parenthesis.');
    const [name] = names;
    if (name === undefined || name.text === 'elf64-x86-64') return;
    throw new ScriptError(
      name,
      `the output format ${shown(name.text)} is not that of the object files`,
      'They are elf64-x86-64: write OUTPUT_FORMAT(elf64-x86-64).',
    );
  }

  #segments(): void {
    this.#lexer.expect('{', 'PHDRS takes a block: PHDRS { text PT_LOAD; }');
    while (this.#lexer.take('}') === undefined) {
      const name = this.#name('a segment’s name');
      const segment: SegmentCommand = {
        name: name.text,
        type: this.#segmentType(),
        fileHeader: false,
        programHeaders: false,
        flags: undefined,
        loadAddress: undefined,
        place: name,
      };
      while (this.#lexer.take(';') === undefined) {
        if (this.#lexer.take('FILEHDR')) segment.fileHeader = true;
        else if (this.#lexer.take('PHDRS')) segment.programHeaders = true;
        else if (this.#lexer.take('AT')) segment.loadAddress = this.#parenthesized();
        else if (this.#lexer.take('FLAGS')) segment.flags = Number(BigInt.asUintN(32, this.#constant()));
        else
          throw this.#lexer.unexpected(
            '; or an attribute of the segment expected',
            'They are FILEHDR, PHDRS, AT(…) and FLAGS(…).',
          );
      }
      this.#script.segments.push(segment);
      refuseMore(this.#script.segments.length, mostSegments, 'segments', name);
    }
  }

  #segmentType(): number {
    const token = this.#name('a segment’s type');
    const type = parseNumber(token.text) ?? segmentTypes[token.text];
    if (type !== undefined) return Number(BigInt.asUintN(32, BigInt(type)));
    throw new ScriptError(
      token,
      `invalid program header type: ${token.text}`,
      `Types are ${Object.keys(segmentTypes).join(', ')}; what a loader loads is PT_LOAD.`,
    );
  }

  /** An expression in parentheses that has to have its value while the script is read. */
  #constant(): bigint {
    const start = this.#lexer.peek();
    const expression = this.#parenthesized();
    const value = evaluateConstant(expression);
    if (value !== undefined) return value;
    throw new ScriptError(start, 'these flags depend on addresses', 'Use numbers: FLAGS((1 << 0) | (1 << 2)).');
  }

  #regions(): void {
    this.#lexer.expect('{', 'MEMORY takes a block: MEMORY { ram (rwx) : ORIGIN = 1M, LENGTH = 64K }');
    while (this.#lexer.take('}') === undefined) {
      const name = this.#name('a region’s name');
      this.#refuseOutside(name);
      const attributes = this.#lexer.take('(') === undefined ? noAttributes : this.#attributes();
      this.#lexer.expect(':', 'A colon comes before ORIGIN.');
      const origin = this.#regionExpression(['ORIGIN', 'org', 'o']);
      this.#lexer.expect(',', 'A comma comes between ORIGIN and LENGTH.');
      const length = this.#regionExpression(['LENGTH', 'len', 'l']);
      if (this.#script.regions.some((region) => region.name === name.text)) {
        throw new ScriptError(name, `region '${name.text}' already defined`, 'Give it another name.');
      }
      this.#script.regions.push({ name: name.text, origin, length, attributes, place: name });
      refuseMore(this.#script.regions.length, mostRegions, 'memory regions', name);
    }
  }

  #attributes(): RegionCommand['attributes'] {
    const token = this.#name('attributes of the region');
    let [has, lacks, never, always] = [0, 0, 0, 0];
    let inverted = false;
    for (const letter of token.text.toLowerCase()) {
      if (letter === '!') {
        inverted = !inverted;
        [has, never] = [never, has];
        [lacks, always] = [always, lacks];
      } else if (letter === 'w') has |= 1;
      else if (letter === 'a') has |= 2;
      else if (letter === 'x') has |= 4;
      else if (letter === 'r') lacks |= 1;
      else
        throw new ScriptError(
          token,
          'invalid memory region attribute',
          'Attributes are r, w, x, a, and ! before them.',
        );
    }
    if (inverted) {
      [has, never] = [never, has];
      [lacks, always] = [always, lacks];
    }
    this.#lexer.expect(')', 'Close the parenthesis.');
    return { has, lacks, never, always };
  }

  #regionExpression(names: readonly string[]): Expression {
    return this.#lexer.within(true, () => {
      if (!names.some((name) => this.#lexer.take(name))) {
        throw this.#lexer.unexpected(`${names[0]} expected`, `Write ${names[0]} = and a number.`);
      }
      this.#lexer.expect('=', 'An equals sign and the value follow.');
      return this.#expression();
    });
  }

  #sections(): void {
    this.#lexer.expect('{', 'SECTIONS takes a block: SECTIONS { .text : { *(.text) } }');
    while (this.#lexer.take('}') === undefined) {
      const token = this.#name('an output section, an assignment or }');
      if (token.text === ';') continue;
      this.#refuseOutside(token);
      this.#script.commands.push(this.#assignment(token) ?? this.#section(token));
    }
    if (!this.#lexer.atEnd) this.#refuseOutside(this.#lexer.peek());
  }

  #section(name: Token): SectionCommand {
    this.#sectionCount += 1;
    refuseMore(this.#sectionCount, mostSections, 'output sections', name);
    // A symbol counts for the section when the expression with it is part of the section, so count from here.
    const outerSymbols = this.#script.symbolsUsed;
    this.#script.symbolsUsed = new Set();
    const section: SectionCommand = {
      kind: 'section',
      name: name.text,
      address: undefined,
      noLoad: false,
      notAllocated: false,
      loadAddress: undefined,
      alignment: undefined,
      inputAlignment: undefined,
      constraint: undefined,
      commands: [],
      region: undefined,
      loadRegion: undefined,
      segments: [],
      fill: undefined,
      usesSymbols: false,
      place: name,
    };
    this.#sectionHead(section, name);
    this.#lexer.expect('{', 'The section’s contents stand in { … }.');
    while (this.#lexer.take('}') === undefined) this.#sectionCommand(section);
    this.#sectionTail(section);
    section.usesSymbols = this.#script.symbolsUsed.size > 0;
    for (const symbol of this.#script.symbolsUsed) outerSymbols.add(symbol);
    this.#script.symbolsUsed = outerSymbols;
    return section;
  }

  #sectionHead(section: SectionCommand, name: Token): void {
    if (this.#lexer.peek().text !== ':') this.#addressAndType(section, name);
    this.#lexer.expect(':', 'A colon, with a blank before it, comes between a section’s name and its { … }.');
    if (this.#lexer.take('AT')) section.loadAddress = this.#parenthesized();
    if (this.#lexer.take('ALIGN')) section.alignment = this.#parenthesized();
    if (this.#lexer.take('SUBALIGN')) section.inputAlignment = this.#parenthesized();
    if (this.#lexer.take('ONLY_IF_RO')) section.constraint = 'ONLY_IF_RO';
    else if (this.#lexer.take('ONLY_IF_RW')) section.constraint = 'ONLY_IF_RW';
  }

  #addressAndType(section: SectionCommand, name: Token): void {
    if (!name.quoted && /^[^:]+:$/.test(name.text) && this.#lexer.peek().text === '{') {
      throw new ScriptError(
        name,
        `the colon has become a part of the name ${shown(name.text)}`,
        `Put a blank before it: ${name.text.slice(0, -1)} : {`,
      );
    }
    if (this.#sectionType(section)) return;
    if (this.#lexer.peek().text === '{' || this.#lexer.peek().text === '=') {
      throw new ScriptError(name, `unknown directive: ${name.text}`, unknownDirectiveFix(name.text));
    }
    section.address = this.#lexer.within(true, () => this.#expression());
    this.#sectionType(section);
  }

  /** `(NOLOAD)` and its like; anything else in parentheses is an address. */
  #sectionType(section: SectionCommand): boolean {
    const match = /^\(\s*(NOLOAD|COPY|INFO|OVERLAY|READONLY|DSECT|TYPE)\b/.exec(this.#rest());
    if (match === null) return false;
    this.#lexer.next();
    const token = this.#lexer.within(true, () => this.#lexer.next());
    if (token.text === 'NOLOAD') section.noLoad = true;
    else if (['COPY', 'INFO', 'OVERLAY'].includes(token.text)) section.notAllocated = true;
    else
      throw new ScriptError(
        token,
        `unknown section directive: ${token.text}`,
        'There are (NOLOAD), (COPY), (INFO) and (OVERLAY).',
      );
    this.#lexer.expect(')', 'Close the parenthesis.');
    return true;
  }

  /** A little of the text from the next word on. */
  #rest(): string {
    const { start } = this.#lexer.peek();
    return this.#text.slice(start, start + 40);
  }

  #sectionCommand(section: SectionCommand): void {
    const token = this.#lexer.peek();
    if (token.text === ';' && !token.quoted) {
      this.#lexer.next();
      return;
    }
    const name = this.#name('an input pattern, an assignment or }');
    this.#refuseOutside(name);
    const assignment = this.#assignment(name);
    const size = name.quoted ? undefined : dataSizes[name.text];
    if (assignment !== undefined) section.commands.push(assignment);
    else if (size !== undefined) {
      const data: Data = { kind: 'data', size, value: this.#parenthesized(), place: name };
      section.commands.push(data);
    } else if (name.text === 'FILL') section.fill = this.#fill(name);
    else if (name.text === 'SORT' && /^\(\s*CONSTRUCTORS\s*\)/.test(this.#rest())) this.#inParentheses();
    else if (name.text !== 'CONSTRUCTORS') section.commands.push(this.#inputPattern(name));
  }

  #sectionTail(section: SectionCommand): void {
    if (this.#lexer.take('>')) section.region = this.#regionName();
    if (this.#lexer.take('AT')) {
      const at = this.#lexer.expect('>', 'After a section, AT names a region: AT>flash.');
      section.loadRegion = this.#regionName();
      if (section.loadAddress !== undefined) {
        throw new ScriptError(at, "section can't have both LMA and a load region", 'Keep one of AT(…) and AT>….');
      }
    }
    while (this.#lexer.peek().text.startsWith(':') && !this.#lexer.peek().quoted) {
      const token = this.#lexer.next();
      const name = token.text === ':' ? this.#name('a segment') : { ...token, text: token.text.slice(1) };
      if (section.segments.every((segment) => segment.name !== name.text)) {
        section.segments.push({ name: name.text, place: name });
        refuseMore(section.segments.length, mostSegments, 'segments for one section', name);
      }
    }
    const next = this.#lexer.peek();
    if (next.text.startsWith('=') && !next.quoted) {
      section.fill = this.#lexer.within(true, () => this.#fill(this.#lexer.next()));
    }
    this.#lexer.take(',');
  }

  #regionName(): { name: string; place: Place } {
    const token = this.#name('a memory region');
    return { name: token.text, place: token };
  }

  #fill(place: Token): number {
    const value = evaluateConstant(this.#lexer.within(true, () => this.#primary()));
    if (value === undefined || value > 0xffff_ffffn) {
      throw new ScriptError(place, 'filler expression result does not fit 32-bit', 'Use a number below 0x100000000.');
    }
    return Number(value);
  }

  #inputPattern(name: Token): InputPattern {
    if (name.text !== 'KEEP' || name.quoted) return this.#inputRules(name, false);
    this.#lexer.expect('(', 'KEEP takes a pattern in parentheses: KEEP(*(.init)).');
    const file = this.#name('a pattern for files');
    this.#refuseOutside(file);
    const pattern = this.#inputRules(file, true);
    this.#lexer.expect(')', 'KEEP needs a second closing parenthesis.');
    return pattern;
  }

  #inputRules(file: Token, keep: boolean): InputPattern {
    const pattern = (patterns: SectionPattern[]): InputPattern => ({
      kind: 'input',
      file: file.text,
      keep,
      patterns,
      place: file,
    });
    if (!keep && this.#lexer.peek().text !== '(') {
      // A file name alone means all of its sections. A name with a dot in front is one that lost its parentheses.
      if (/^\.|^COMMON$/.test(file.text)) {
        throw new ScriptError(file, `${shown(file.text)} is taken for the name of a file`, `Write *(${file.text}).`);
      }
      return pattern([{ sections: ['*'], excludedFiles: [], outer: undefined, inner: undefined }]);
    }
    this.#lexer.expect('(', 'Patterns for sections follow in parentheses: *(.text .text.*).');
    const patterns: SectionPattern[] = [];
    while (this.#lexer.take(')') === undefined) {
      const outer = this.#sort();
      if (outer === undefined) patterns.push(...this.#sectionList(undefined, undefined));
      else {
        this.#lexer.expect('(', 'What is to be sorted stands in parentheses.');
        const inner = this.#sort();
        if (inner !== undefined) this.#lexer.expect('(', 'What is to be sorted stands in parentheses.');
        patterns.push(...this.#sectionList(outer, inner));
        if (inner !== undefined) this.#lexer.expect(')', 'Close the parenthesis.');
        this.#lexer.expect(')', 'Close the parenthesis.');
      }
    }
    return pattern(patterns);
  }

  #sort(): Sort | undefined {
    const name = sorts.find((each) => this.#lexer.take(each));
    return name && sortKinds[name];
  }

  #sectionList(outer: Sort | undefined, inner: Sort | undefined): SectionPattern[] {
    const list: SectionPattern[] = [];
    while (this.#lexer.peek().text !== ')') {
      const excludedFiles: string[] = [];
      if (this.#lexer.take('EXCLUDE_FILE')) {
        this.#lexer.expect('(', 'EXCLUDE_FILE takes files in parentheses.');
        while (this.#lexer.take(')') === undefined) excludedFiles.push(this.#name('a file').text);
      }
      const sections: string[] = [];
      for (;;) {
        const { text, quoted } = this.#lexer.peek();
        if (!quoted && (text === ')' || text === 'EXCLUDE_FILE' || sortKinds[text] !== undefined)) break;
        const token = this.#name('a pattern for sections');
        if (/[[\]]/.test(token.text) && globError(token.text)) {
          throw new ScriptError(
            token,
            `${shown(token.text)} opens a [ that is never closed`,
            'Close it with ], or write \\[.',
          );
        }
        sections.push(token.text);
      }
      if (sections.length === 0) {
        if (excludedFiles.length === 0) break;
        throw this.#lexer.unexpected(
          'section pattern is expected',
          'Write a pattern such as .text.* after EXCLUDE_FILE(…).',
        );
      }
      list.push({ sections, excludedFiles, outer, inner });
    }
    return list;
  }

  /** The assignment that begins with this word, if one does. */
  #assignment(token: Token): Assignment | undefined {
    if (token.quoted && !assignmentOperators.includes(this.#lexer.peek().text)) return undefined;
    if (token.text === 'ASSERT') {
      const value = this.#lexer.within(true, () => this.#assertion(token));
      this.#lexer.take(';');
      return { kind: 'assignment', symbol: '.', operator: '=', value, provide: false, hidden: false, place: token };
    }
    const provide = /^PROVIDE(_HIDDEN)?$/.test(token.text);
    if (!token.quoted && (provide || token.text === 'HIDDEN')) {
      this.#lexer.expect('(', `${token.text} takes an assignment in parentheses.`);
      const name = this.#name('a symbol');
      const assignment = this.#assignTo(name);
      if (assignment === undefined) throw this.#lexer.unexpected('= expected', 'An equals sign and the value follow.');
      this.#lexer.expect(')', 'Close the parenthesis.');
      this.#endOfAssignment();
      return { ...assignment, provide, hidden: token.text !== 'PROVIDE' };
    }
    const assignment = this.#assignTo(token);
    if (assignment !== undefined) this.#endOfAssignment();
    return assignment;
  }

  #endOfAssignment(): void {
    this.#lexer.expect(';', 'An assignment ends with a semicolon.');
  }

  #assignTo(symbol: Token): Assignment | undefined {
    const operator = this.#lexer.peek().text;
    const known = assignmentOperators.includes(operator);
    // `x =5;` is two words, `x=5;` one: the language is strict about blanks on the left side only.
    if (!known && !(operator.startsWith('=') && !operator.startsWith('=='))) return undefined;
    if (known) this.#lexer.next();
    const value = this.#lexer.within(true, () => {
      if (!known) this.#lexer.next();
      return this.#expression();
    });
    return {
      kind: 'assignment',
      symbol: symbol.text,
      operator: known ? operator : '=',
      value,
      provide: false,
      hidden: false,
      place: symbol,
    };
  }

  #parenthesized(): Expression {
    return this.#lexer.within(true, () => {
      this.#lexer.expect('(', 'An expression in parentheses follows.');
      const value = this.#expression();
      this.#lexer.expect(')', 'Close the parenthesis.');
      return value;
    });
  }

  #expression(): Expression {
    return this.#nested(() => {
      const condition = this.#level(0);
      if (this.#lexer.take('?') === undefined) return condition;
      const yes = this.#expression();
      this.#lexer.expect(':', 'A ? B : C needs its colon.');
      return { kind: 'ternary', condition, yes, no: this.#expression() };
    });
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > deepest) {
      throw new ScriptError(
        this.#lexer.peek(),
        `the expression nests deeper than ${deepest} levels`,
        'Give a part of it a name: part = …;',
      );
    }
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #level(index: number): Expression {
    const operators = levels[index];
    if (operators === undefined) return this.#primary();
    const first = this.#level(index + 1);
    const rest: { operator: string; operand: Expression; place: Place }[] = [];
    for (;;) {
      const token = this.#lexer.peek();
      if (token.quoted || !operators.includes(token.text)) break;
      this.#lexer.next();
      rest.push({ operator: token.text, operand: this.#level(index + 1), place: token });
    }
    return rest.length === 0 ? first : { kind: 'chain', first, rest };
  }

  #primary(): Expression {
    const token = this.#lexer.peek();
    if (token.text === '(' && !token.quoted) return this.#parenthesized();
    if (['~', '!', '-', '+'].includes(token.text) && !token.quoted) {
      this.#lexer.next();
      const operand = this.#nested(() => this.#primary());
      return token.text === '+' ? operand : { kind: 'unary', operator: token.text, operand };
    }
    this.#name('a number, a symbol or an expression');
    if (token.quoted) return this.#symbol(token);
    if (token.text === '.') return { kind: 'dot', place: token };
    const builtIn = this.#builtIn(token);
    if (builtIn !== undefined) return builtIn;
    const value = parseNumber(token.text);
    if (value !== undefined) return { kind: 'number', value };
    if (!/^[A-Za-z_.$][A-Za-z0-9_.$]*$/.test(token.text)) {
      throw new ScriptError(
        token,
        `malformed number: ${token.text}`,
        'Numbers are like 4096, 0x1000, 4K or 2M; symbols begin with a letter.',
      );
    }
    return this.#symbol(token);
  }

  #symbol(token: Token): Expression {
    this.#script.symbolsUsed.add(token.text);
    return { kind: 'symbol', name: token.text, place: token };
  }

  #builtIn(token: Token): Expression | undefined {
    const name = token.text;
    switch (name) {
      case 'ABSOLUTE':
        return { kind: 'call', name, parameters: [this.#parenthesized()], place: token };
      case 'ALIGN':
      case 'LOG2CEIL':
      case 'MAX':
      case 'MIN':
        return { kind: 'call', name, parameters: this.#parameters(token), place: token };
      case 'ASSERT':
        return this.#assertion(token);
      case 'CONSTANT':
        return this.#pageConstant();
      case 'DATA_SEGMENT_ALIGN':
      case 'DATA_SEGMENT_END':
      case 'DATA_SEGMENT_RELRO_END':
      case 'SEGMENT_START':
        throw new ScriptError(token, `${name} is outside of what is modelled here`, 'Write the address, or ALIGN(…).');
      case 'SIZEOF_HEADERS':
        return { kind: 'call', name, parameters: [], place: token };
      case 'DEFINED':
        return { kind: 'defined', symbol: this.#inParentheses().text };
      case 'ADDR':
      case 'LOADADDR':
      case 'ALIGNOF':
      case 'SIZEOF': {
        const section = this.#inParentheses();
        if (name === 'ADDR' || name === 'LOADADDR') this.#script.sectionsUsed.add(section.text);
        return { kind: 'section', name, section: section.text, place: section };
      }
      case 'ORIGIN':
      case 'LENGTH': {
        const region = this.#inParentheses();
        if (!this.#script.regions.some((each) => each.name === region.text)) {
          throw new ScriptError(
            region,
            `memory region not defined: ${region.text}`,
            'Define it in MEMORY, before it is used.',
          );
        }
        return { kind: 'region', name, region: region.text };
      }
    }
    return undefined;
  }

  #parameters({ text: name, ...place }: Token): Expression[] {
    const [least, most] = name === 'ALIGN' ? [1, 2] : name === 'LOG2CEIL' ? [1, 1] : [2, 2];
    this.#lexer.expect('(', `${name} takes its values in parentheses.`);
    const parameters = [this.#expression()];
    while (this.#lexer.take(',')) parameters.push(this.#expression());
    this.#lexer.expect(')', 'Close the parenthesis.');
    if (parameters.length >= least && parameters.length <= most) return parameters;
    const takes = least === most ? `${least}` : `${least} or ${most}`;
    throw new ScriptError(
      place,
      `${name} takes ${takes} values, not ${parameters.length}`,
      'Values are parted by commas.',
    );
  }

  #pageConstant(): Expression {
    const constant = this.#inParentheses();
    if (constant.text === 'MAXPAGESIZE' || constant.text === 'COMMONPAGESIZE') {
      return { kind: 'number', value: pageSize };
    }
    throw new ScriptError(constant, `unknown constant: ${constant.text}`, 'There are MAXPAGESIZE and COMMONPAGESIZE.');
  }

  #assertion(token: Token): Expression {
    this.#lexer.expect('(', 'ASSERT takes a condition and a message.');
    const condition = this.#expression();
    this.#lexer.expect(',', 'A comma and a message in quotes follow.');
    const message = this.#name('a message');
    this.#lexer.expect(')', 'Close the parenthesis.');
    return { kind: 'assert', condition, message: message.text, place: token };
  }
}

function refuseMore(count: number, most: number, what: string, at: Place): void {
  if (count > most)
    throw new ScriptError(at, `the script has more than ${most} ${what}`, 'Not so many are modelled here.');
}

const noAttributes = { has: 0, lacks: 0, never: 0, always: 0 };

function globError(pattern: string): boolean {
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === '[') {
      // A ] that comes first belongs to the set.
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) return true;
      at = end;
    }
  }
  return false;
}

const topLevel = ['ENTRY', 'EXTERN', 'MEMORY', 'OUTPUT_ARCH', 'OUTPUT_FORMAT', 'PHDRS', 'SECTIONS'];

function unknownDirectiveFix(name: string): string {
  const assigned = /^([\w.$]+)([-+*/]?=)(.*)$/.exec(name);
  if (assigned !== null) return `Put blanks around the sign: ${assigned[1]} ${assigned[2]} ${assigned[3]}`.trim();
  if (name.startsWith('.') || name === '/DISCARD/')
    return 'Output sections stand inside of SECTIONS { … }, as name : { … }.';
  const near = topLevel.find((each) => each === name.toUpperCase());
  if (near !== undefined) return `Write ${near}, in capitals.`;
  return `Commands are ${topLevel.join(', ')}, or an assignment such as name = value;`;
}
