/** Files of JSON objects: one per line, or all in one list. */
import { createReadStream } from 'node:fs';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import type { Refuse } from '../traces/row-parser.js';

const CHUNK_BYTES = 256 * 1024;

/** The longest object, in characters. */
const MAX_RECORD_CHARACTERS = 64 * 1024 * 1024;

/** The text of one object and the line on which it begins. */
interface JsonRecord {
  text: string;
  line: number;
}

/** Cuts text into objects, wherever they begin and end; what stands between them must be white space, commas, brackets. */
class Splitter {
  readonly #refuse: Refuse;
  #text = '';
  #at = 0;
  #start = -1;
  #startLine = 1;
  #line = 1;
  #depth = 0;
  #quoted = false;
  #escaped = false;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  /** Takes more text; gives the objects that it completed, one after the other: what follows them is not yet looked at. */
  *push(chunk: string): Generator<JsonRecord> {
    this.#text += chunk;
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === NEWLINE) this.#line++;
      if (this.#start >= 0) {
        if (!this.#ends(code)) continue;
        yield { text: this.#text.slice(this.#start, this.#at + 1), line: this.#startLine };
        this.#start = -1;
      } else if (code === OPEN) {
        this.#start = this.#at;
        this.#startLine = this.#line;
        this.#depth = 1;
      } else if (!BETWEEN.has(code)) this.#refuse(this.#line, undefined, 'is not a JSON object');
    }
    const kept = this.#start < 0 ? this.#text.length : this.#start;
    this.#text = this.#text.slice(kept);
    this.#at -= kept;
    if (this.#start >= 0) this.#start = 0;
    if (this.#text.length > MAX_RECORD_CHARACTERS)
      this.#refuse(
        this.#startLine,
        undefined,
        `begins an object of more than ${MAX_RECORD_CHARACTERS} characters`,
      );
  }

  end(): void {
    if (this.#start >= 0) this.#refuse(this.#startLine, undefined, 'begins an object that does not end');
  }

  /** Whether a character within an object ends it. */
  #ends(code: number): boolean {
    if (this.#quoted) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) this.#quoted = false;
    } else if (code === QUOTE) this.#quoted = true;
    else if (code === OPEN) this.#depth++;
    else if (code === CLOSE) this.#depth--;
    return this.#depth === 0;
  }
}

const [NEWLINE, QUOTE, BACKSLASH, OPEN, CLOSE] = [10, 34, 92, 123, 125];
/** Space, tab, line ends, comma, square brackets, byte order mark. */
const BETWEEN = new Set([32, 9, 13, 10, 44, 91, 93, 0xfeff]);

/**
 * Reads the objects of a file, in memory bounded by the largest one. Lists are not checked for their commas.
 *
 * @param path - JSONL, or a JSON list of objects
 * @param refuse - how a line is refused
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE, or what `refuse` throws
 */
export async function* readRecords(path: string, refuse: Refuse): AsyncGenerator<JsonRecord> {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: CHUNK_BYTES });
  const splitter = new Splitter(refuse);
  try {
    for await (const chunk of stream) yield* splitter.push(String(chunk));
  } catch (error) {
    if (error instanceof FakeaiError) throw error;
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path, problem: messageOf(error) }, { cause: error });
  }
  splitter.end();
}
