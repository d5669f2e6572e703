import { serviceOrigin } from '../../lib/workbench/container.ts';

/** Takes the service's frame out of the page, where its package puts it and leaves it, and with it every connection to it. */
export function removeServiceFrame(): void {
  for (const frame of document.querySelectorAll('iframe')) {
    if (URL.canParse(frame.src) && new URL(frame.src).origin === serviceOrigin) frame.remove();
  }
}
