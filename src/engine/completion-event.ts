/** Looks into the JSON of a streamed completion without parsing it: one pass over the bytes, no allocation. */

/** What {@link inspectEvent} found; a sum of these. */
export const EVENT = {
  /** Generated text that is not empty: `content`, `reasoning_content`, `reasoning` or (legacy completions) `text`. */
  text: 1,
  /** A `usage` object. */
  usage: 2,
  /** An `error` that is an object or a string, or (vLLM) an `object` that says `error`. */
  error: 4,
  /** Not an object from brace to brace, or a string in it does not end: must be parsed to tell what it is. */
  odd: 8,
} as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const TEXT_KEYS = ['content', 'reasoning_content', 'reasoning', 'text'].map((key) => Buffer.from(key));
const USAGE = Buffer.from('usage');
const ERROR = Buffer.from('error');
const OBJECT = Buffer.from('object');
const ERROR_VALUE = Buffer.from('"error"');
/** The lengths of all keys above, as a bit set: most strings are ruled out by their length. */
const LENGTHS = [...TEXT_KEYS, USAGE, ERROR, OBJECT].reduce((set, key) => set | (1 << key.length), 0);

/**
 * Inspects the data of one event. Strings are followed from quote to quote, so text that looks like a key (with its
 * quotes escaped, as they must be) fools nobody; any whitespace of JSON may stand around colons.
 *
 * @param buffer - holds the event's data in `[start, end)`
 * @returns a sum of {@link EVENT} flags
 */
export function inspectEvent(buffer: Buffer, start: number, end: number): number {
  if (buffer[start] !== OPEN_BRACE || buffer[end - 1] !== CLOSE_BRACE) return EVENT.odd;
  let flags = 0;
  let i = start + 1;
  while (i < end) {
    if (buffer[i++] !== QUOTE) continue;
    const from = i;
    let byte = buffer[i];
    while (i < end && byte !== QUOTE) {
      i += byte === BACKSLASH ? 2 : 1;
      byte = buffer[i];
    }
    if (i >= end) return flags | EVENT.odd;
    const length = i++ - from;
    if (length > 17 || (LENGTHS & (1 << length)) === 0) continue;
    const colon = skipSpace(buffer, i, end);
    if (buffer[colon] !== COLON) continue;
    i = skipSpace(buffer, colon + 1, end);
    flags |= flagOf(buffer, from, length, i);
  }
  return flags;
}

/** What a key at `[from, from + length)` means with the value that begins at `value`. */
function flagOf(buffer: Buffer, from: number, length: number, value: number): number {
  const first = buffer[value];
  if (length === 5) {
    if (first === OPEN_BRACE && equals(buffer, from, USAGE)) return EVENT.usage;
    return (first === OPEN_BRACE || first === QUOTE) && equals(buffer, from, ERROR) ? EVENT.error : 0;
  }
  if (first !== QUOTE || buffer[value + 1] === QUOTE) return 0;
  if (length === 6) {
    return equals(buffer, value, ERROR_VALUE) && equals(buffer, from, OBJECT) ? EVENT.error : 0;
  }
  for (const key of TEXT_KEYS) if (key.length === length && equals(buffer, from, key)) return EVENT.text;
  return 0;
}

function equals(buffer: Buffer, from: number, key: Buffer): boolean {
  for (let i = 0; i < key.length; i++) if (buffer[from + i] !== key[i]) return false;
  return true;
}

function skipSpace(buffer: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && (buffer[i] === 0x20 || buffer[i] === 0x0a || buffer[i] === 0x0d || buffer[i] === 0x09))
    i++;
  return i;
}
