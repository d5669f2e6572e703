import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExceptions } from '../../kernel/pipeline/qemu.ts';
import {
  atOnce,
  demangle,
  differences,
  endOf,
  expectationOf,
  outcomeInBrief,
  outcomeInWords,
  tellOutcome,
} from '../../src/lib/experiment.ts';
import type { Outcome, Sight } from '../../src/lib/experiment.ts';
import { judge } from '../../src/lib/verdict.ts';

const symbols = [{ name: 'kmain', address: '0xffffffff80000000' as const, size: 0x100 }];

/** A screen of 4 × 2 pixels, whose rows have 20 bytes, of these words. */
function screen(words: readonly number[], bpp = 32): Sight['screen'] {
  const pitch = 20;
  const pixels = new Uint8Array(2 * pitch).fill(0xee);
  for (const [index, word] of words.entries()) {
    for (let byte = 0; byte < bpp / 8; byte++) {
      pixels[Math.floor(index / 4) * pitch + (index % 4) * (bpp / 8) + byte] = word >> (8 * byte);
    }
  }
  return { mode: 'graphics', width: 4, height: 2, bpp, pitch, pixels };
}

const asleep: Sight = {
  end: 'asleep',
  screen: screen([1, 1, 1, 1, 2, 2, 2, 0]) as NonNullable<Sight['screen']>,
  textScreen: [],
  serial: '',
  registers: { rip: 0xffffffff80000010n, rsp: 0xffff80000000fff8n, rflags: 2n },
};
const tell = (sight: Sight): Outcome => atOnce(tellOutcome(sight, symbols));

test('how a boot ends is told by what the CPU does', () => {
  assert.equal(endOf({ halted: true, rflags: 2n }, false), 'asleep');
  assert.equal(endOf({ halted: true, rflags: 0x202n }, false), 'waiting');
  assert.equal(endOf({ halted: false, rflags: 2n }, false), 'busy');
  assert.equal(endOf({ halted: false, rflags: 2n }, true), 'triple-fault');
});

test('colours are counted without the padding of rows, the most frequent first', () => {
  const outcome = tell(asleep);
  assert.deepEqual(outcome.screen, {
    mode: 'graphics',
    width: 4,
    height: 2,
    bpp: 32,
    pitch: 20,
    distinct: 3,
    colors: [
      { color: '#000001', pixels: 4 },
      { color: '#000002', pixels: 3 },
      { color: '#000000', pixels: 1 },
    ],
  });
  assert.equal(outcome.symbol, 'kmain');
  assert.equal(outcome.registers?.rip, '0xffffffff80000010');
});

test('the unused byte is no part of a colour, and 16 and 24 bits are read as such', () => {
  const one = (sight: Sight['screen']) => {
    const told = tell({ ...asleep, ...(sight && { screen: sight }) }).screen;
    return told.mode === 'graphics' ? told.colors.map(({ color }) => color) : [];
  };
  assert.deepEqual(one(screen(Array<number>(8).fill(0x550c1821 | 0))), ['#0C1821']);
  assert.deepEqual(one(screen(Array<number>(8).fill(0x0c1821), 24)), ['#0C1821']);
  assert.deepEqual(one(screen(Array<number>(8).fill((12 << 11) | (25 << 5) | 1), 16)), ['#606408']);
});

test('a refusal is the loader’s sentence on the serial port', () => {
  const serial = 'onko: Loading\r\nCannot boot "x": the file is empty.\r\n';
  const outcome = tell({ ...asleep, serial, registers: { ...asleep.registers, rip: 0x9000n } });
  assert.equal(outcome.loader, 'Cannot boot "x": the file is empty.');
  assert.equal(outcome.symbol, undefined);
  assert.equal(outcome.registers, undefined, 'where the loader sleeps is its own affair');
  assert.match(outcomeInWords(outcome).join(' '), /The loader refuses: “Cannot boot "x": the file is empty\.”/);
});

const fault: Sight = {
  ...asleep,
  end: 'triple-fault',
  exceptions: [
    { vector: 14, errorCode: 2, rip: 0xffffffff80000010n, cr2: 0n },
    { vector: 13, errorCode: 0x73, rip: 0xffffffff80000010n, cr2: 0n },
    { vector: 8, errorCode: 0, rip: 0xffffffff80000010n, cr2: 0n },
  ],
};

test('a triple fault names exception, address and function', () => {
  const words = outcomeInWords(tell(fault)).join(' ');
  assert.match(
    words,
    /page fault, #PF \(vector 14, error code 0x2\) at RIP 0xffff_ffff_8000_0010, in kmain, about the address 0x0000/,
  );
  assert.match(words, /no handler: general protection, #GP; double fault, #DF\./);
  assert.equal(outcomeInBrief(tell(fault)), '3 colours, then a triple fault: #PF in kmain');
});

test('an outcome differs from another in words that have both values', () => {
  const outcome = tell(fault);
  assert.deepEqual(differences(expectationOf(outcome), outcome), []);
  assert.deepEqual(differences({ end: 'asleep' }, outcome), ['the end: expected “asleep”, found “triple-fault”']);
  assert.deepEqual(differences({ fault: { vector: 6 } }, outcome), ['the exception: expected 6, found 14']);
  assert.deepEqual(differences({ painted: 0 }, outcome), ['the pixels that are not black: expected 0, found 7']);
  assert.deepEqual(differences({ loader: 'no' }, outcome), ['the loader’s words: expected “no”, found nothing']);
  assert.deepEqual(differences({ colors: ['#000001'] }, outcome), [
    'the number of colours: expected 1, found 3',
    'the colours: expected “#000001”, found “#000001 #000002 #000000”',
  ]);
});

test('the page holds a machine against what was recorded', () => {
  const { screen, ...rest } = fault;
  assert.ok(screen);
  const cpu = { ...fault.registers, cpuMode: 'long', halted: false } as const;
  const seen = { ...rest, screen, cpu };
  const checkpoint = { kind: 'outcome', outcome: tell(fault) } as const;
  assert.equal(judge(checkpoint, symbols, seen).passed, true);
  const other = judge({ kind: 'outcome', outcome: tell(asleep) }, symbols, seen);
  assert.equal(other.passed, false);
  assert.match(other.findings.join(), /the end: expected “asleep”, found “triple-fault”/);
});

test('names are written as in the source', () => {
  assert.equal(demangle('kmain'), 'kmain');
  assert.equal(demangle('_ZN7onko_os4fill17h0123456789abcdefE'), 'onko_os::fill');
  assert.equal(demangle('_RNvCsfgHYwM92fyn_7___rustc17rust_begin_unwind'), '__rustc::rust_begin_unwind');
  assert.equal(
    demangle('_ZN4core3ptr9const_ptr33_$LT$impl$u20$$BP$const$u20$T$GT$13read_volatile17h0123456789abcdefE'),
    'core::ptr::const_ptr::<impl *const T>::read_volatile',
  );
});

test('QEMU’s log gives the exceptions of the last instruction before a triple fault', () => {
  const log = [
    'Servicing hardware INT=0x08',
    '     0: v=08 e=0000 i=0 cpl=0 IP=0008:00000000000ef1a2 pc=00000000000ef1a2 SP=0010:0000000000006d20 env->regs[R_EAX]=0000',
    'check_exception old: 0xffffffff new 0xe',
    '     1: v=0e e=0002 i=0 cpl=0 IP=0028:ffffffff80000100 pc=ffffffff80000100 SP=0030:ffff80000ffa9fd8 CR2=ffff8000fd180000',
    'RAX=0000000000000000',
    'check_exception old: 0xe new 0xd',
    '     2: v=08 e=0000 i=0 cpl=0 IP=0028:ffffffff80000100 pc=ffffffff80000100 SP=0030:ffff80000ffa9fd8 env->regs[R_EAX]=0000',
    'check_exception old: 0x8 new 0xd',
    'Triple fault',
  ].join('\n');
  assert.deepEqual(parseExceptions(log), [
    { vector: 14, errorCode: 2, rip: 0xffffffff80000100n, cr2: 0xffff8000fd180000n },
    { vector: 8, errorCode: 0, rip: 0xffffffff80000100n, cr2: 0n },
  ]);
  assert.deepEqual(parseExceptions(log.replace('Triple fault', '')), []);
});
