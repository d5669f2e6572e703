/** From the browser's names of keys to Bochs's numbers; Bochs makes the scan codes of them. */

/**
 * `KeyboardEvent.code` by Bochs's key number, in the order of the `BX_KEY_…` enumeration in Bochs's gui/gui.h.
 * Entries without a code are keys that browsers do not report.
 */
const codesByNumber: readonly (string | null)[] = [
  'ControlLeft', 'ShiftLeft',
  'F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12',
  'ControlRight', 'ShiftRight', 'CapsLock', 'NumLock', 'AltLeft', 'AltRight',
  ...[...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => `Key${letter}`),
  ...[...'0123456789'].map((digit) => `Digit${digit}`),
  'Escape', 'Space', 'Quote', 'Comma', 'Period', 'Slash', 'Semicolon', 'Equal',
  'BracketLeft', 'Backslash', 'BracketRight', 'Minus', 'Backquote', 'Backspace', 'Enter', 'Tab', 'IntlBackslash',
  'PrintScreen', 'ScrollLock', 'Pause', 'Insert', 'Delete', 'Home', 'End', 'PageUp', 'PageDown',
  'NumpadAdd', 'NumpadSubtract', 'Numpad1', 'Numpad2', 'Numpad3', 'Numpad4', 'Numpad6', 'Numpad7', 'Numpad8', 'Numpad9',
  'Numpad0', 'NumpadDecimal', 'Numpad5', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'NumpadEnter',
  'NumpadMultiply', 'NumpadDivide', 'MetaLeft', 'MetaRight', 'ContextMenu',
  null, null, // Alt+SysRq, Ctrl+Break
  'BrowserBack', 'BrowserForward', 'BrowserStop', 'LaunchMail', 'BrowserSearch', 'BrowserFavorites', 'BrowserHome',
  'LaunchApp1', 'LaunchApp2', 'Sleep', 'Power', 'WakeUp',
]; // prettier-ignore

/** How many keys Bochs knows; `engine_key_count` must say the same. */
export const keyCount = codesByNumber.length;

const numbers = new Map(codesByNumber.flatMap((code, number) => (code === null ? [] : [[code, number] as const])));

/** Bit 31 of a key number tells Bochs that the key is released (`BX_KEY_RELEASED`). */
export const released = 0x80000000;

/** Bochs's number of a key, or `undefined` for a key that a PC keyboard does not have. */
export function keyNumber(code: string): number | undefined {
  return numbers.get(code);
}

/** A key to press for a character on a US keyboard. */
export interface Stroke {
  code: string;
  shift: boolean;
}

const shifted = new Map([...'!@#$%^&*()'].map((symbol, index) => [symbol, `Digit${(index + 1) % 10}`]));
const symbols: readonly (readonly [string, string, string])[] = [
  ['-', '_', 'Minus'],
  ['=', '+', 'Equal'],
  ['[', '{', 'BracketLeft'],
  [']', '}', 'BracketRight'],
  ['\\', '|', 'Backslash'],
  [';', ':', 'Semicolon'],
  ["'", '"', 'Quote'],
  ['`', '~', 'Backquote'],
  [',', '<', 'Comma'],
  ['.', '>', 'Period'],
  ['/', '?', 'Slash'],
];

/** How to type a character on a US keyboard, or `undefined` when that keyboard does not have it. */
export function strokeOf(character: string): Stroke | undefined {
  if (/^[a-z]$/.test(character)) return { code: `Key${character.toUpperCase()}`, shift: false };
  if (/^[A-Z]$/.test(character)) return { code: `Key${character}`, shift: true };
  if (/^[0-9]$/.test(character)) return { code: `Digit${character}`, shift: false };
  if (character === ' ') return { code: 'Space', shift: false };
  if (character === '\n') return { code: 'Enter', shift: false };
  if (character === '\t') return { code: 'Tab', shift: false };
  const digit = shifted.get(character);
  if (digit !== undefined) return { code: digit, shift: true };
  for (const [plain, upper, code] of symbols) {
    if (character === plain) return { code, shift: false };
    if (character === upper) return { code, shift: true };
  }
  return undefined;
}
