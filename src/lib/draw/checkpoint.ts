import type { KernelSymbol } from '../manifest.ts';
import {
  checkHalted,
  Differing,
  failed,
  merge,
  number,
  unfitScreen,
  type Observation,
  type OwnCheckpoint,
  type Weighing,
} from '../verdict.ts';
import { Painter } from './interpret.ts';
import type { Program } from './syntax.ts';

/** The topmost byte of a pixel is of no channel: the kernel takes the color apart and leaves it out. */
const channelBits = 0x00ff_ffff;

/**
 * What the kernel has to show with a program's code in its slot: at every pixel what the interpreter computes, and the CPU at
 * rest where the kernel's own end is. If it divides by zero, that ends in the panic handler, with the picture as far as it
 * came and black behind it.
 */
export function drawingCheckpoint(program: Program): OwnCheckpoint {
  return {
    kind: 'own',
    expectation:
      'Every pixel is what the page computes for it without the machine, and the CPU is halted, in kmain or, after a division by zero, in the panic handler.',
    weigh: (symbols, seen) => weigh(program, symbols, seen),
  };
}

function* weigh(program: Program, symbols: readonly KernelSymbol[], { screen, cpu }: Observation): Weighing {
  const unfit = unfitScreen(screen);
  if (unfit !== undefined) return failed(unfit);
  const { width, height, pitch, pixels } = screen;
  const view = new DataView(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const differing = new Differing();
  const painter = new Painter(program);
  for (let y = 0; y < height; y++) {
    yield;
    for (let x = 0; x < width; x++) {
      const expected = painter.color(x, y, width, height) & channelBits;
      if (view.getUint32(y * pitch + x * 4, true) !== expected) differing.add(x, y, screen, expected);
    }
  }
  const size = `at ${width} × ${height}`;
  const { panicAt } = painter;
  if (panicAt === undefined) {
    const good = `All ${number(width * height)} pixels are what the page computes, ${size}.`;
    return merge(differing.findings(screen, good), checkHalted('kmain', symbols, cpu));
  }
  const { x, y } = panicAt;
  const painted = y * width + x;
  const good = `It divides by zero at x ${x}, y ${y}, ${size}: the ${number(painted)} pixels before that are what the page computes, and all others are black.`;
  const handler = symbols.find(({ name }) => name.includes('rust_begin_unwind'))?.name ?? 'rust_begin_unwind';
  return merge(differing.findings(screen, good), checkHalted(handler, symbols, cpu, 'the panic handler'));
}
