/** Texts in JSON, read out of their bytes: most stand there as they are, in ASCII and without escapes. */
import { isUtf8 } from 'node:buffer';

/** Before and behind a text. */
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** By byte: what they consist of. */
const isPlainByte = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= 0x20 && code < 0x7f && code !== QUOTE && code !== BACKSLASH ? 1 : 0,
);

/** Where a text begins, behind its quote, and the place of the quote that ends it. */
export interface TextRange {
  start: number;
  end: number;
}

/** The place of the quote that ends the text which begins at `start`; -1 when there is none that stands there as it is. */
export function textEnd(bytes: Buffer, start: number): number {
  let at = start;
  while (isPlainByte[bytes[at]!] === 1) at++;
  return bytes[at] === QUOTE ? at : -1;
}

/** Reads texts of any kind. */
export class TextReader {
  /** The place of the quote that ends the text which was read last. */
  end = -1;

  /**
   * @param start - the place behind the quote before it
   * @returns undefined when no text is there
   */
  read(bytes: Buffer, start: number): string | undefined {
    this.end = textEnd(bytes, start);
    if (this.end >= 0) return bytes.toString('latin1', start, this.end);
    this.end = escapedEnd(bytes, start);
    return this.end < 0 ? undefined : meaningOf(bytes.subarray(start - 1, this.end + 1));
  }
}

/** The place of the first quote that no backslash stands for; -1 when there is none. */
function escapedEnd(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let slash = end;
    while (slash > start && bytes[slash - 1] === BACKSLASH) slash--;
    if ((end - slash) % 2 === 0) return end;
  }
  return -1;
}

function meaningOf(quoted: Buffer): string | undefined {
  if (!isUtf8(quoted)) return undefined;
  try {
    return JSON.parse(quoted.toString()) as string;
  } catch {
    return undefined;
  }
}

/** So many bytes are compared one by one sooner than a call of the system's comparison begins. */
const SHORT = 64;

/** Whether certain bytes begin at a place. */
export function startsWith(bytes: Buffer, start: number, wanted: Buffer): boolean {
  const { length } = wanted;
  if (length > SHORT)
    return start + length <= bytes.length && bytes.compare(wanted, 0, length, start, start + length) === 0;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}
