/**
 * Where a compiled kernel keeps the colour that it paints. The compiler writes each channel into an instruction, so a
 * kernel of one colour differs from one of another in a few bytes; but which, and whether in them alone, only compiling can
 * tell. The build compiles probes ({@link probesOf}), derives the places from them and proves them on one more
 * ({@link deriveShape}); the page applies what was found ({@link paintKernel}).
 *
 * Not every colour fits the same places. A channel of 0 needs no instruction at all, one of 1 may be set as a bit, and
 * two equal channels may share a register. So colours fall into shapes, and each shape has its own bytes.
 */
import { channels, type Channel, type Color } from './color.ts';

/** What a colour's shape is called: a word per channel, `0`, `1`, or a letter, the same letter for equal values: `a b a`. */
export type ShapeName = string;

/** How the kernel of one shape of colours differs from the kernel on the ISO. */
export interface ColorShape {
  shape: ShapeName;
  /**
   * What differs, channels apart: `1035:48ab 10bd:90` is an offset in the ELF file and the bytes from there on, both in
   * hexadecimal. Bytes of {@link points} are 00 in it.
   */
  edits: string;
  /** Offsets in the ELF file of the bytes that hold a channel's value. */
  points: Partial<Record<Channel, number[]>>;
}

/** The shape of a colour. */
export function shapeOf(color: Color): ShapeName {
  const letters = new Map<number, string>();
  return channels
    .map((channel) => {
      const value = color[channel];
      if (value < 2) return String(value);
      if (!letters.has(value)) letters.set(value, 'abc'.charAt(letters.size));
      return letters.get(value);
    })
    .join(' ');
}

/** Every shape there is. */
export function allShapes(): ShapeName[] {
  const samples = [0, 1, 50, 51, 52];
  const names = samples.flatMap((red) =>
    samples.flatMap((green) => samples.map((blue) => shapeOf({ red, green, blue }))),
  );
  return [...new Set(names)].sort();
}

/** Values for the letters of a shape. No two differ in one bit only, and neither sum nor difference of two is a third. */
const probeValues = [
  { a: 0x35, b: 0x5e, c: 0xa9 },
  { a: 0xd6, b: 0x83, c: 0x4b },
  { a: 0x7f, b: 0xf2, c: 0x02 },
] as const;

/** Colours of a shape to compile: two to derive its places from and one to prove them; one where nothing can vary. */
export function probesOf(shape: ShapeName): Color[] {
  const [red = '', green = '', blue = ''] = shape.split(' ');
  const value = (letter: string, values: (typeof probeValues)[number]) =>
    letter === 'a' || letter === 'b' || letter === 'c' ? values[letter] : Number(letter);
  const colors = probeValues.map((values) => ({
    red: value(red, values),
    green: value(green, values),
    blue: value(blue, values),
  }));
  return /[abc]/.test(shape) ? colors : colors.slice(0, 1);
}

/** A colour and the ELF file that the compiler made of it. */
export interface Probe {
  color: Color;
  kernel: Uint8Array;
}

/**
 * Derives how kernels of a shape differ from `base`. Throws an Error where the probes do not bear it out: a byte that
 * varies with no channel, a channel that no byte follows, files of different lengths, or a proof that fails.
 */
export function deriveShape(base: Uint8Array, shape: ShapeName, probes: readonly Probe[]): ColorShape {
  const [first, second, ...proofs] = probes;
  if (first === undefined) throw new Error(`Shape ${shape} has no probe.`);
  for (const { color, kernel } of probes) {
    if (shapeOf(color) !== shape) throw new Error(`${JSON.stringify(color)} is not of shape ${shape}.`);
    if (kernel.length !== base.length) {
      throw new Error(
        `The kernel of shape ${shape} has ${kernel.length} bytes, not ${base.length}: it cannot replace the ISO's in place.`,
      );
    }
  }

  const points: ColorShape['points'] = {};
  const template = new Uint8Array(first.kernel);
  if (second !== undefined) {
    for (const [offset, byte] of first.kernel.entries()) {
      const other = second.kernel[offset];
      if (byte === other) continue;
      const owners = channels.filter((channel) => first.color[channel] === byte && second.color[channel] === other);
      if (owners.length === 0) throw new Error(`Byte ${offset} varies within shape ${shape}, and with no channel.`);
      for (const owner of owners) (points[owner] ??= []).push(offset);
      template[offset] = 0;
    }
  }
  for (const channel of channels) {
    if (first.color[channel] > 1 && points[channel] === undefined)
      throw new Error(`No byte follows ${channel} in shape ${shape}.`);
  }
  const found = { shape, edits: editsFrom(base, template), points };
  for (const { color, kernel } of [first, ...(second ? [second] : []), ...proofs]) {
    const painted = paintKernel(base, [found], color);
    // Throws where the page could not show the instruction.
    colorInstructions(painted, found);
    const wrong = painted.findIndex((byte, offset) => byte !== kernel[offset]);
    if (wrong >= 0) throw new Error(`Shape ${shape} is not proved: byte ${wrong} of ${JSON.stringify(color)} differs.`);
  }
  return found;
}

/** Runs of bytes that differ; runs with less than four equal bytes between them are told as one. */
function editsFrom(base: Uint8Array, template: Uint8Array): string {
  const runs: [number, number][] = [];
  for (const [offset, byte] of template.entries()) {
    if (byte === base[offset]) continue;
    const last = runs.at(-1);
    if (last !== undefined && offset - last[1] < 4) last[1] = offset + 1;
    else runs.push([offset, offset + 1]);
  }
  const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return runs.map(([start, end]) => `${start.toString(16)}:${hex(template.subarray(start, end))}`).join(' ');
}

/** The shape that a colour has among those that were derived. */
export function findShape(shapes: readonly ColorShape[], color: Color): ColorShape {
  const name = shapeOf(color);
  const found = shapes.find(({ shape }) => shape === name);
  if (found === undefined) throw new Error(`The build has derived nothing for colours of the shape ${name}.`);
  return found;
}

/** The kernel as the compiler would have made it for `color`. `base` is the ISO's own; it is not changed. */
export function paintKernel(base: Uint8Array, shapes: readonly ColorShape[], color: Color): Uint8Array {
  const { edits, points } = findShape(shapes, color);
  // Not slice(): of one of Node's buffers that is a view, no copy.
  const kernel = new Uint8Array(base);
  for (const edit of edits.split(' ').filter(Boolean)) {
    const [at = '', bytes = ''] = edit.split(':');
    for (const [index, byte] of (bytes.match(/../g) ?? []).entries()) {
      kernel[Number.parseInt(at, 16) + index] = Number.parseInt(byte, 16);
    }
  }
  for (const channel of channels) for (const offset of points[channel] ?? []) kernel[offset] = color[channel];
  return kernel;
}

/** An instruction that carries a channel's value. */
export interface ColorInstruction {
  /** The channels whose value it is; several where they are equal. */
  owners: Channel[];
  /** Offset of its first byte in the ELF file. */
  offset: number;
  bytes: Uint8Array;
  /** How many of the last bytes are the number, the least significant first. */
  numberBytes: number;
  /** In Intel's syntax: `mov r8d, 0xc`. */
  text: string;
}

/** The instructions of a kernel of this shape that carry its colour, by rising offset. */
export function colorInstructions(kernel: Uint8Array, { points }: ColorShape): ColorInstruction[] {
  const all = [...new Set(channels.flatMap((channel) => points[channel] ?? []))].sort((a, b) => a - b);
  return all.map((point) => ({
    owners: channels.filter((channel) => points[channel]?.includes(point)),
    ...instructionAt(kernel, point),
  }));
}

const registers = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

/**
 * The instruction whose number begins at `point`: a `mov` of 32 bits into a register (Intel SDM volume 2, MOV, opcode
 * B8+rd, with prefix 41 for r8d to r15d). Throws an Error for any other.
 */
function instructionAt(kernel: Uint8Array, point: number): Omit<ColorInstruction, 'owners'> {
  const opcode = kernel[point - 1] ?? 0;
  if (point + 4 > kernel.length || (opcode & 0xf8) !== 0xb8) {
    throw new Error(`Byte ${point} of the kernel is not the number of a mov into a register.`);
  }
  const extended = kernel[point - 2] === 0x41;
  const register = extended ? `r${8 + (opcode & 7)}d` : registers[opcode & 7];
  const offset = point - (extended ? 2 : 1);
  const value = new DataView(kernel.buffer, kernel.byteOffset + point, 4).getUint32(0, true);
  const text = `mov ${register}, 0x${value.toString(16)}`;
  return { offset, bytes: kernel.subarray(offset, point + 4), numberBytes: 4, text };
}

/** Why colours of this shape need other instructions than ours, in sentences; none for those that need the same. */
export function shapeReasons(color: Color): string[] {
  const values = (value: number) => channels.filter((channel) => color[channel] === value);
  const reasons: string[] = [];
  const zero = values(0);
  if (zero.length > 0) reasons.push(`0 shifted is still 0, so the compiler leaves ${zero.join(' and ')} out.`);
  const one = values(1);
  if (one.length > 0) {
    reasons.push(
      `1 shifted is a single bit, and for setting that the compiler has another instruction (${one.join(' and ')}).`,
    );
  }
  const equal = channels.filter((channel) => color[channel] > 1 && values(color[channel]).length > 1);
  if (equal.length > 0)
    reasons.push(`As ${equal.join(' and ')} are equal, the compiler arranges the instructions differently.`);
  return reasons;
}
