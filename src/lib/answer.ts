/** What a reader is told about an answer. */
export interface Outcome {
  right: boolean;
  text: string;
}

const typedNumber = /^(0x[0-9a-f][0-9a-f_]*|[0-9][0-9_,]*)$/i;

/**
 * Compares a reader's answer with the right one.
 * A `choice` is the index of what was chosen; a `number` is decimal or `0x` hexadecimal, with `_` or `,` between digits.
 * An empty or unreadable answer is never wrong, it is asked for again.
 */
export function answerOutcome(kind: 'choice' | 'number', given: string, answer: string): Outcome {
  const text = given.trim();
  if (kind === 'choice') {
    if (text === '') return { right: false, text: 'Choose one of the answers first.' };
    return text === answer
      ? { right: true, text: 'Right.' }
      : { right: false, text: 'Not this one. Choose again, or open the explanation.' };
  }
  if (text === '') return { right: false, text: 'Type a number first.' };
  if (!typedNumber.test(text)) {
    return { right: false, text: `“${text}” is not a number: write it like 4096 or 0x1000.` };
  }
  const value = BigInt(text.replaceAll(/[_,]/g, ''));
  const right = BigInt(answer);
  if (value === right) return { right: true, text: 'Right.' };
  return { right: false, text: `Not quite: it is ${value < right ? 'more' : 'less'} than that.` };
}
