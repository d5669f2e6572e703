import { MachineError } from './errors.ts';

/** SHA-256 of some bytes as 64 lowercase hexadecimal digits (FIPS 180-4). */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(await digest(bytes));
}

/** `0c1821`: two lowercase digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The browser's own function exists only on pages that came over HTTPS or from this very computer. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (globalThis.isSecureContext !== false) return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return (await import('@noble/hashes/sha2.js')).sha256(bytes);
}

/**
 * Makes sure that a fetched file is the one that the site was built with. Rejects with a {@link MachineError} that names
 * both hashes: a mirror, a proxy or a half-finished deployment may have given another.
 */
export async function checkIntegrity(bytes: Uint8Array<ArrayBuffer>, expected: string, what: string): Promise<void> {
  const found = await sha256(bytes);
  if (found === expected) return;
  throw new MachineError(
    `${what} is not the file that this site was built with. Its SHA-256 is ${found}, and ${expected} was expected.`,
    'It is not started. Reload the page without the cache (Ctrl+Shift+R); if it stays so, this copy of the site was changed or not deployed completely.',
  );
}
