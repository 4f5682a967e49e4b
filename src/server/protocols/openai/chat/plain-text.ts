/** Texts in JSON that stand there as they are: in ASCII, without escapes. */

/** Before and behind a text. */
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** By byte: what they consist of. */
const isPlainByte = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= 0x20 && code < 0x7f && code !== QUOTE && code !== BACKSLASH ? 1 : 0,
);

/** The place of the quote that ends the text which begins at `start`; -1 when there is none that stands there as it is. */
export function textEnd(bytes: Buffer, start: number): number {
  let at = start;
  while (isPlainByte[bytes[at]!] === 1) at++;
  return bytes[at] === QUOTE ? at : -1;
}

/** Whether certain bytes begin at a place. */
export function startsWith(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}
