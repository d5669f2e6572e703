import { wordsOf } from './words/words.ts';

/** Gives bytes to the reader as a file. */
export function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  // The browser has taken the bytes by the next turn, but not all do so at once.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Fetches a file of the site whole. Rejects with an Error that names it and says what to do. */
export async function fetchFile(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) {
    const say = wordsOf('page');
    const why = response ? say('serverAnswers', { status: response.status }) : say('noServer');
    throw new Error(say('notFetched', { url, why }));
  }
  return new Uint8Array(await response.arrayBuffer());
}
