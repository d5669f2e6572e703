/** What widgets with a text to edit have in common besides their look (`.editor` in styles/widgets.css). */

import { wordsOf } from './words/words.ts';

const say = wordsOf('page');

/** Numbers the lines of a text, and marks those in which something is wrong. Returns how many there are. */
export function numberLines(gutter: HTMLElement, text: string, wrong: readonly number[]): number {
  const numbers = text.split('\n').map((_, index) => {
    const number = document.createElement('span');
    number.textContent = String(index + 1);
    number.toggleAttribute('data-wrong', wrong.includes(index + 1));
    return number;
  });
  gutter.replaceChildren(...numbers);
  return numbers.length;
}

/** Goes to a place in the text and selects it. Lines and columns count from 1. */
export function selectPlace(editor: HTMLTextAreaElement, line: number, column: number, length: number): void {
  const before = editor.value.split('\n').slice(0, Math.max(0, line - 1));
  const start = before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  editor.focus();
  editor.setSelectionRange(start, start + length);
}

/** A button that says a place in the text; whoever shows it goes there when it is pressed. */
export function placeButton(line: number, column: number, length: number): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = say('place', { line, column });
  Object.assign(button.dataset, { line, column, length });
  return button;
}
