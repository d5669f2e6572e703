import type { Mark } from '../explorer/explorer-markup.ts';

/** Sent to the document when the decoder speaks of bytes that the ISO explorer shows. */
export const marksEvent = 'onko:marks';

export interface MarksDetail {
  /** Of the site's file: `07-makefile`. */
  name: string;
  marks: Mark[];
}
