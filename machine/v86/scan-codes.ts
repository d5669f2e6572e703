/** From the browser's names of keys to what a PC's keyboard controller gives: scan codes of set 1, IBM's of 1981. */

/** Codes from 0x01 on, without gaps; `null` where there is none. */
const plain: readonly (string | null)[] = [
  'Escape', ...[...'1234567890'].map((digit) => `Digit${digit}`), 'Minus', 'Equal', 'Backspace',
  'Tab', ...[...'QWERTYUIOP'].map((letter) => `Key${letter}`), 'BracketLeft', 'BracketRight', 'Enter',
  'ControlLeft', ...[...'ASDFGHJKL'].map((letter) => `Key${letter}`), 'Semicolon', 'Quote', 'Backquote',
  'ShiftLeft', 'Backslash', ...[...'ZXCVBNM'].map((letter) => `Key${letter}`), 'Comma', 'Period', 'Slash', 'ShiftRight',
  'NumpadMultiply', 'AltLeft', 'Space', 'CapsLock', 'F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10',
  'NumLock', 'ScrollLock', 'Numpad7', 'Numpad8', 'Numpad9', 'NumpadSubtract', 'Numpad4', 'Numpad5', 'Numpad6', 'NumpadAdd',
  'Numpad1', 'Numpad2', 'Numpad3', 'Numpad0', 'NumpadDecimal', null, null, 'IntlBackslash', 'F11', 'F12',
]; // prettier-ignore

/** Keys that later keyboards added: 0xE0 comes before their code. */
const extended: Readonly<Record<string, number>> = {
  NumpadEnter: 0x1c,
  ControlRight: 0x1d,
  NumpadDivide: 0x35,
  AltRight: 0x38,
  Home: 0x47,
  ArrowUp: 0x48,
  PageUp: 0x49,
  ArrowLeft: 0x4b,
  ArrowRight: 0x4d,
  End: 0x4f,
  ArrowDown: 0x50,
  PageDown: 0x51,
  Insert: 0x52,
  Delete: 0x53,
  MetaLeft: 0x5b,
  MetaRight: 0x5c,
  ContextMenu: 0x5d,
};

/** Bit 7 says that the key is released. */
const released = 0x80;

/** What the keyboard sends for a key (a name of `KeyboardEvent.code`), or `undefined` when it has no such key. */
export function scanCodes(code: string, pressed: boolean): number[] | undefined {
  const up = pressed ? 0 : released;
  const later = extended[code];
  if (later !== undefined) return [0xe0, later | up];
  const index = plain.indexOf(code);
  return index < 0 ? undefined : [(index + 1) | up];
}
