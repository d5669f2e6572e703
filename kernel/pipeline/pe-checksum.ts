/** Where the header's place stands, and how far into the header the checksum does ("PE Format", Microsoft: optional header). */
const headerPointer = 0x3c;
const checksumField = 4 + 20 + 64;

/**
 * A copy of a program for Windows or UEFI (Portable Executable) with its checksum in its header: the sum of its 16-bit words,
 * each carry added again, and its length. Linkers leave it out unless they are asked, and not all can be.
 */
export function withChecksum(program: Uint8Array): Uint8Array {
  const padded = new Uint8Array(program.length + (program.length % 2));
  padded.set(program);
  const view = new DataView(padded.buffer);
  const place = view.getUint32(headerPointer, true) + checksumField;
  view.setUint32(place, 0, true);
  let sum = 0;
  for (let at = 0; at < padded.length; at += 2) {
    sum += view.getUint16(at, true);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  view.setUint32(place, sum + program.length, true);
  return padded.subarray(0, program.length);
}
