import {
  type Layout,
  type Order,
  type Setting,
  bitGroups,
  channels,
  cssHex,
  decode,
  encode,
  hexByte,
  hexWord,
  masksText,
  memoryBytes,
  nameOf,
  orderOf,
  parseChannel,
  parseHexColor,
  parseMasks,
  parseOrder,
  roundingInWords,
  rustLine,
  terms,
  usualLayout,
} from '../../src/lib/color.ts';
import { parseDepth, type Depth } from '../../src/lib/depth.ts';
import { InputError } from '../../src/lib/input.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} color 12 24 33   or: ${onko} color '#0C1821' --order bgr   (a shell takes a bare # for a comment)`;

/** `onko color`: the word that a framebuffer wants for a colour, and every step of the way there. */
export function color(args: readonly string[]): number {
  try {
    process.stdout.write(describeColor(parseArguments(args)));
    return 0;
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
}

/** Three numbers or one hex colour, with the options anywhere. Throws InputError. */
function parseArguments(args: readonly string[]): Setting {
  const values: string[] = [];
  let order: Order = 'rgb';
  let bpp: Depth = 32;
  let masks: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (!argument.startsWith('--')) {
      values.push(argument);
      continue;
    }
    const [, name, attached] = /^--(order|bpp|masks)(?:=(.*))?$/.exec(argument) ?? [];
    if (name === undefined) throw new InputError(`There is no option ${argument}.`);
    const value = attached ?? args[++index] ?? '';
    if (name === 'order') order = parseOrder(value);
    else if (name === 'bpp') bpp = parseDepth(value);
    else masks = value;
  }
  const layout = masks === undefined ? usualLayout(bpp, order) : parseMasks(masks, bpp);
  const [first, second, third] = values;
  if (values.length === 1 && first !== undefined) return { color: parseHexColor(first), layout };
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
    layout,
  };
}

/** The lines that `onko color` prints. */
export function describeColor({ color, layout }: Setting): string {
  const { bpp, format } = layout;
  const word = encode(color, format);
  const line = (label: string, text: string) => `${label.padEnd(9)}${text}\n`;
  const parts = terms(color, format);
  const rgb = channels.map((channel) => color[channel]).join(', ');
  const shown = decode(word, format);
  return [
    line('rgb', `${rgb}   (${layoutInWords(layout)})`),
    ...parts.map(({ channel, value, shift, word: term }) => {
      const rounding = roundingInWords(color[channel], format[channel].size);
      const sum = `${String(value).padStart(3)} << ${String(shift).padEnd(2)} = ${hexWord(term, bpp)}`;
      return line(channel, rounding === '' ? sum : `${sum}   (${rounding})`);
    }),
    line('or', parts.map((term) => hexWord(term.word, bpp)).join(' | ')),
    line(`u${bpp}`, hexWord(word, bpp)),
    line('decimal', word.toLocaleString('en-US')),
    line(
      'bits',
      bitGroups(word, format, bpp)
        .map(({ bits, owner }) => `${bits} ${owner}`)
        .join('   '),
    ),
    line('bytes', `${memoryBytes(word, bpp).map(hexByte).join(' ')}   (in memory, lowest address first)`),
    ...(cssHex(shown) === cssHex(color)
      ? []
      : [
          line('shown', `${channels.map((channel) => shown[channel]).join(', ')}   (read back: what the screen shows)`),
        ]),
    line('rust', rustLine(color)),
  ].join('');
}

function layoutInWords(layout: Layout): string {
  const name = nameOf(layout);
  if (name === undefined) return `${layout.bpp} bits per pixel, masks ${masksText(layout)}`;
  const order = `channel order in the word: ${orderOf(layout)}`;
  return name === '32' ? order : `${layout.bpp} bits per pixel, ${order}`;
}
