/** What the decoder of the command line says of each option, made at build time from the record of real runs. */
import { extentInWords, fieldsAlong, pathTo, type Field } from '../../lib/fields.ts';
import { grouped } from '../../lib/iso9660/bytes.ts';
import type { Extent } from '../../lib/iso9660/directories.ts';
import { optionText, type CommandOption, type OptionRecord, type XorrisoRecord } from '../../lib/xorriso.ts';

/** Stretches of bytes that get a line of their own; the picture shows all. */
const mostStretches = 8;

export interface Panel {
  option: CommandOption;
  /** `efi-boot-part`: stands in ids. */
  id: string;
  does: string;
  without: string;
  /** What xorriso did without it, as sentences. */
  facts: string[];
  made: Stretch[];
  changed: Stretch[];
  /** Stretches beyond those listed. */
  further: number;
  /** All stretches of both kinds. */
  marks: { made: Extent[]; changed: Extent[] };
}

export interface Stretch extends Extent {
  /** The fields that these bytes are: `Joliet volume descriptor`. */
  name: string;
  where: string;
}

/** The page's `Astro.locals.t`. */
type Translate = App.Locals['t'];

export function decoderPanels(
  options: readonly CommandOption[],
  record: XorrisoRecord,
  root: Field,
  t: Translate,
): Panel[] {
  return options.map((option) => {
    const text = optionText(option);
    const measured = record.options.find(({ name }) => name === option.name);
    if (text === undefined || measured === undefined) throw new Error(`Nothing is recorded of ${option.name}.`);
    const { made = [], changed = [] } = measured.image ?? {};
    const stretches = (extents: readonly Extent[], most: number) =>
      extents
        .slice(0, most)
        .map((extent): Stretch => ({ ...extent, name: nameOf(root, extent, t), where: extentInWords(extent) }));
    const shownMade = stretches(made, mostStretches);
    const shownChanged = stretches(changed, Math.max(3, mostStretches - shownMade.length));
    return {
      option,
      id: option.name.replaceAll(/[^a-z_]+/gi, '-').replace(/^-+/, ''),
      does: text.does,
      without: text.without,
      facts: factsOf(measured, record.size, t),
      made: shownMade,
      changed: shownChanged,
      further: made.length - shownMade.length + changed.length - shownChanged.length,
      marks: { made, changed },
    };
  });
}

/** What stands in a stretch: the innermost field that has all of it, or the first and last of several. */
function nameOf(root: Field, { offset, length }: Extent, t: Translate): string {
  const inner = fieldsAlong(root, pathTo(root, offset, length)).slice(1);
  if (inner.length > 0) return inner.map(({ name }) => name).join(' › ');
  const first = fieldsAlong(root, pathTo(root, offset))[1]?.name ?? '';
  const last = fieldsAlong(root, pathTo(root, offset + length - 1))[1]?.name ?? '';
  return t('xorriso.range', { first, last });
}

function factsOf({ together, refusal, image }: OptionRecord, size: number, t: Translate): string[] {
  const facts: string[] = [];
  if (refusal !== undefined) facts.push(t('xorriso.refuses', { refusal }));
  if (image === undefined) return facts;
  if (together.length > 0) facts.push(t('xorriso.together', { options: together.join(t('xorriso.and')) }));
  if (image.onOutput) facts.push(t('xorriso.sameBytes'));
  else if (image.made.length === 0 && image.changed.length === 0) facts.push(t('xorriso.sameImage'));
  else facts.push(sizeInWords(image.size, size, t));
  return [...facts, ...image.ways];
}

function sizeInWords(without: number, size: number, t: Translate): string {
  const difference = size - without;
  if (difference === 0) return t('xorriso.sameSize', { size: grouped(size) });
  const values = { difference: grouped(Math.abs(difference)), size: grouped(without) };
  return t(difference > 0 ? 'xorriso.smaller' : 'xorriso.larger', values);
}
