import type { Judged, OnkoMachine } from './machine-element.ts';

/** Fired on `<onko-machine>` when the machine has been read, with a {@link Judged}. */
export const judgedEvent = 'onko:judged';

/**
 * The machine of the page, ready to be told what to boot, for widgets that make discs. Rejects on a page that has none:
 * a widget that boots stands beside a `<Machine />`.
 */
export async function machinePanel(): Promise<OnkoMachine> {
  await customElements.whenDefined('onko-machine');
  const panel = document.querySelector('onko-machine');
  if (panel === null) throw new Error('There is no <onko-machine> on this page to boot with.');
  return panel;
}

let claims = 0;

/**
 * Claims the drive for a disc that is still to be made. What comes back says whether nobody has claimed it since: of two
 * discs the one that was asked for last boots, whichever is made first.
 */
export function claimDrive(): () => boolean {
  const claim = ++claims;
  return () => claim === claims;
}

/** Calls back whenever the page's machine has come to rest and been read. */
export function onJudged(panel: OnkoMachine, callback: (judged: Judged) => void): void {
  panel.addEventListener(judgedEvent, (event) => callback((event as CustomEvent<Judged>).detail));
}
