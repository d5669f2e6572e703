import {
  type Color,
  type Order,
  bitGroups,
  channels,
  encode,
  formats,
  hexByte,
  hexWord,
  memoryBytes,
  parseChannel,
  parseHexColor,
  parseOrder,
  rustLine,
  terms,
} from '../../src/lib/color.ts';
import { InputError } from '../../src/lib/input.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} color 12 24 33   or: ${onko} color '#0C1821' --order bgr   (a shell takes a bare # for a comment)`;

/** `onko color`: the word that a framebuffer wants for a colour, and every step of the way there. */
export function color(args: readonly string[]): number {
  let setting: { color: Color; order: Order };
  try {
    setting = parseArguments(args);
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
  process.stdout.write(describeColor(setting.color, setting.order));
  return 0;
}

/** Three numbers or one hex colour, and `--order rgb|bgr` anywhere. Throws InputError. */
function parseArguments(args: readonly string[]): { color: Color; order: Order } {
  const values: string[] = [];
  let order: Order = 'rgb';
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    const option = /^--order(?:=(.*))?$/.exec(argument);
    if (option !== null) order = parseOrder(option[1] ?? args[++index] ?? '');
    else if (argument.startsWith('--')) throw new InputError(`There is no option ${argument}.`);
    else values.push(argument);
  }
  const [first, second, third] = values;
  if (values.length === 1 && first !== undefined) return { color: parseHexColor(first), order };
  if (values.length !== 3 || first === undefined || second === undefined || third === undefined) {
    throw new InputError(
      `A colour is three numbers (red, green, blue) or one hex colour; ${values.length} values came.`,
    );
  }
  return {
    color: {
      red: parseChannel(first, 'red'),
      green: parseChannel(second, 'green'),
      blue: parseChannel(third, 'blue'),
    },
    order,
  };
}

/** The lines that `onko color` prints. */
export function describeColor(color: Color, order: Order): string {
  const format = formats[order];
  const word = encode(color, format);
  const line = (label: string, text: string) => `${label.padEnd(9)}${text}\n`;
  const parts = terms(color, format);
  return [
    line('rgb', `${channels.map((channel) => color[channel]).join(', ')}   (channel order in the word: ${order})`),
    ...parts.map(({ channel, value, shift, word: term }) =>
      line(channel, `${String(value).padStart(3)} << ${String(shift).padEnd(2)} = ${hexWord(term)}`),
    ),
    line('or', parts.map((term) => hexWord(term.word)).join(' | ')),
    line('u32', hexWord(word)),
    line('decimal', word.toLocaleString('en-US')),
    line(
      'bits',
      bitGroups(word, format)
        .map(({ bits, owner }) => `${bits} ${owner}`)
        .join('   '),
    ),
    line('bytes', `${memoryBytes(word).map(hexByte).join(' ')}   (in memory, lowest address first)`),
    line('rust', rustLine(color)),
  ].join('');
}
