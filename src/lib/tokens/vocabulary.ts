/**
 * A tokenizer's vocabulary in shared memory: loaded once per process, handed to every thread.
 *
 * The data file is made by scripts/build-vocabulary.mjs, which describes its layout. It holds tokens only; the hash table
 * is built while loading, which costs less than reading it from disk would save.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FakeaiError, messageOf } from '../errors.js';
import { packageFile } from '../package-files.js';
import { fillTable } from './ranks.js';

/** The encodings that are shipped. */
export const VOCABULARY_NAMES = ['o200k_base', 'cl100k_base'] as const;
export type VocabularyName = (typeof VOCABULARY_NAMES)[number];

/** Plain data on shared memory: give it to a thread as `workerData` and nothing is copied. */
export interface Vocabulary {
  readonly name: string;
  /** The regular expression (flags `u`) that splits text into pieces. */
  readonly pattern: string;
  /** Length of the longest token, in bytes. */
  readonly longest: number;
  /** The bytes of all tokens, in rank order. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Where each token begins in `bytes`; one entry more than there are tokens. */
  readonly offsets: Uint32Array<SharedArrayBuffer>;
  /** Open-addressed hash table from bytes to rank; see ranks.ts. */
  readonly table: Int32Array<SharedArrayBuffer>;
  /** Character class bits by code point; see split.ts. */
  readonly classes: Uint8Array<SharedArrayBuffer>;
}

interface Header {
  name: string;
  pattern: string;
  tokens: number;
  bytes: number;
  classRuns: number;
  codePoints: number;
}

const MAGIC = 'FKV1';

const dataFile = (name: VocabularyName): string => fileURLToPath(packageFile(`dist/data/${name}.bin`));

/**
 * Loads a shipped vocabulary into shared memory: about 20 ms and 5 MB, so once per process.
 *
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE when the data file is missing or damaged
 */
export const loadVocabulary = (name: VocabularyName): Vocabulary => readVocabulary(dataFile(name));

/**
 * Loads a vocabulary from a file made by scripts/build-vocabulary.mjs.
 *
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE when the file is missing or damaged
 */
export function readVocabulary(path: string): Vocabulary {
  try {
    const file = openSync(path, 'r');
    try {
      return parse(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path, problem: messageOf(error) }, { cause: error });
  }
}

/** Fills `into` with what is in the file from `at` on. */
function readInto<T extends Uint8Array>(file: number, into: T, at: number): T {
  for (let done = 0; done < into.length;) {
    const count = readSync(file, into, done, into.length - done, at + done);
    if (count === 0) throw new Error('it is cut short');
    done += count;
  }
  return into;
}

function parse(file: number): Vocabulary {
  const start = readInto(file, Buffer.alloc(8), 0);
  if (start.toString('latin1', 0, 4) !== MAGIC) throw new Error('it is not a vocabulary of this version');
  const headerBytes = start.readUInt32LE(4);
  const { size } = fstatSync(file);
  if (8 + headerBytes > size) throw new Error('it is cut short');
  const header: Header = JSON.parse(readInto(file, Buffer.allocUnsafe(headerBytes), 8).toString('utf8'));
  const runsAt = 8 + headerBytes;
  const lengthsAt = runsAt + header.classRuns * 4;
  const bytesAt = lengthsAt + header.tokens;
  if (bytesAt + header.bytes !== size) throw new Error('it is cut short');
  const lengths = readInto(file, Buffer.allocUnsafe(header.tokens), lengthsAt);
  // Read to where they stay: what is copied would be garbage of megabytes in a process that just begins.
  const bytes = readInto(file, new Uint8Array(new SharedArrayBuffer(header.bytes)), bytesAt);
  const offsets = new Uint32Array(new SharedArrayBuffer((header.tokens + 1) * 4));
  let longest = 0;
  for (let rank = 0; rank < header.tokens; rank++) {
    const length = lengths[rank]!;
    offsets[rank + 1] = offsets[rank]! + length;
    if (length > longest) longest = length;
  }
  const runs = readInto(file, Buffer.allocUnsafe(header.classRuns * 4), runsAt);
  const classes = readClasses(runs, header.codePoints);
  const table = fillTable(bytes, offsets);
  return { name: header.name, pattern: header.pattern, longest, bytes, offsets, table, classes };
}

function readClasses(runs: Buffer, codePoints: number): Uint8Array<SharedArrayBuffer> {
  const classes = new Uint8Array(new SharedArrayBuffer(codePoints));
  for (let at = 0; at < runs.length; at += 4) {
    const start = runs.readUIntLE(at, 3);
    const end = at + 4 < runs.length ? runs.readUIntLE(at + 4, 3) : codePoints;
    classes.fill(runs[at + 3]!, start, end);
  }
  return classes;
}
