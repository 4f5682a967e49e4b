/** Looks into the JSON of a streamed event without parsing it: one pass over the bytes, no allocation. */

/** What {@link EventScanner.scan} found; a sum of these. */
export const EVENT = {
  /** Generated text that is not empty, of the answer itself: words, a tool call, a refusal. */
  answer: 1,
  /** Generated text that is not empty, of the reasoning before the answer. */
  reasoning: 2,
  /** An object with token counts. */
  usage: 4,
  /** An error of the server. */
  error: 8,
  /** Not an object from brace to brace, or a string in it does not end: must be parsed to tell what it is. */
  odd: 16,
  /** The event that ends a stream of this dialect. */
  end: 32,
  /** The text of this event is reasoning, whatever member it stands in. */
  reasons: 64,
} as const;
/** Any generated text. */
export const TEXT = EVENT.answer | EVENT.reasoning;

/** Receives the generated text of events: the inside of a JSON string, escapes and all. */
export interface TextSinkBytes {
  append(buffer: Buffer, start: number, end: number): void;
}

/** A member that counts, wherever in the event it stands. */
export interface EventKey {
  name: string;
  /** What it means if its value is … a text that is not empty, */
  text?: number;
  /** … an object, */
  object?: number;
  /** … any text, even an empty one, */
  anyText?: number;
  /** … or one of these texts; those that end in `*` are beginnings. */
  values?: Readonly<Record<string, number>>;
}

interface Key {
  name: Buffer;
  text: number;
  object: number;
  anyText: number;
  values: { bytes: Buffer; flag: number }[];
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** Longest name of a key; most strings are ruled out by their length. */
const LONGEST_KEY = 31;

/** Scans the events of one dialect. */
export class EventScanner {
  /** The lengths of all keys, as a bit set. */
  readonly #lengths: number;
  readonly #keys: Key[][];

  /** @param keys - names of at most 31 bytes */
  constructor(keys: readonly EventKey[]) {
    const prepared = keys.map(prepare);
    this.#lengths = prepared.reduce((set, { name }) => set | (1 << name.length), 0);
    this.#keys = Array.from({ length: LONGEST_KEY + 1 }, (_, length) =>
      prepared.filter(({ name }) => name.length === length),
    );
  }

  /**
   * Scans the data of one event. Strings are followed from quote to quote, so text that looks like a key (with its
   * quotes escaped, as they must be) fools nobody; any whitespace of JSON may stand around colons.
   *
   * @param buffer - holds the event's data in `[start, end)`
   * @param text - gets all generated text
   * @returns a sum of {@link EVENT} flags
   */
  scan(buffer: Buffer, start: number, end: number, text?: TextSinkBytes): number {
    if (buffer[start] !== OPEN_BRACE || buffer[end - 1] !== CLOSE_BRACE) return EVENT.odd;
    const lengths = this.#lengths;
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
      if (length > LONGEST_KEY || (lengths & (1 << length)) === 0) continue;
      const colon = skipSpace(buffer, i, end);
      if (buffer[colon] !== COLON) continue;
      i = skipSpace(buffer, colon + 1, end);
      const key = this.#keyAt(buffer, from, length);
      if (key) flags |= meaning(key, buffer, i, end, text);
    }
    return flags;
  }

  #keyAt(buffer: Buffer, from: number, length: number): Key | undefined {
    for (const key of this.#keys[length]!) if (equals(buffer, from, key.name)) return key;
    return undefined;
  }
}

function prepare({ name, text = 0, object = 0, anyText = 0, values = {} }: EventKey): Key {
  return {
    name: Buffer.from(name),
    text,
    object,
    anyText,
    values: Object.entries(values).map(([value, flag]) => ({
      bytes: Buffer.from(value.endsWith('*') ? `"${value.slice(0, -1)}` : `"${value}"`),
      flag,
    })),
  };
}

/** What a key means with the value that begins at `at`. */
function meaning(key: Key, buffer: Buffer, at: number, end: number, text: TextSinkBytes | undefined): number {
  const first = buffer[at];
  if (first === OPEN_BRACE) return key.object;
  if (first !== QUOTE) return 0;
  let flags = key.anyText;
  for (const { bytes, flag } of key.values) if (equals(buffer, at, bytes)) flags |= flag;
  if (key.text === 0 || buffer[at + 1] === QUOTE) return flags;
  if (text) {
    const close = closingQuote(buffer, at + 1, end);
    // Where the string does not end, the scan says so.
    if (close < end) text.append(buffer, at + 1, close);
  }
  return flags | key.text;
}

function closingQuote(buffer: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && buffer[i] !== QUOTE) i += buffer[i] === BACKSLASH ? 2 : 1;
  return i;
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
