/**
 * A note that is written along with the first commit of a piece of work, in the same transaction: both are there, or neither, at
 * whatever moment the process is killed. Work is told apart by its asynchronous context, which costs every promise of a thread
 * something on Node before 24: only while some work is noted.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { asciiJson } from '../json.js';
import { OWNED } from './owned.js';
import type { Transaction } from './store.js';
import type { Write } from './write-protocol.js';

/** Values of these are gone with their thread: they are no effect of anything. */
const PASSING: ReadonlySet<string> = new Set(Object.values(OWNED));
/** Most ids that a note is told. */
const MAX_IDS = 16;
/** Longest answer that is written along. */
const MAX_ANSWER_CHARACTERS = 1_000_000;

const notes = new AsyncLocalStorage<CommitNote>();
let noted = 0;

/** What is known of a piece of work with a commit of it. */
export interface NotedWork {
  /** The first ids that it put. */
  ids: readonly string[];
  /** What it will be {@link willAnswer answered} with, as JSON. */
  answer: string | undefined;
}

/** See the file's head. */
export class CommitNote {
  readonly #write: (transaction: Transaction, work: NotedWork) => void;
  #ids: readonly string[] | undefined;
  #answer: string | undefined;
  #isAnswerWritten = true;
  #closed = false;

  /** @param write - puts the note; may be called again, also when more is known */
  constructor(write: (transaction: Transaction, work: NotedWork) => void) {
    this.#write = write;
  }

  /** Something was committed, and the note with it. */
  get written(): boolean {
    return this.#ids !== undefined;
  }

  /** See {@link willAnswer}. */
  tell(answer: string): void {
    this.#answer = answer;
    this.#isAnswerWritten = false;
  }

  /**
   * Adds the note to a transaction that is about to be committed, if there is something to note.
   *
   * @returns to be called when it was
   */
  add(transaction: Transaction, writes: readonly Write[]): (() => void) | undefined {
    if (this.#closed || (this.written && this.#isAnswerWritten)) return undefined;
    const lasting = writes.filter((write) => !PASSING.has(collectionOf(write)));
    if (lasting.length === 0) return undefined;
    const put = lasting.flatMap((write) => (write.kind === 'put' ? write.id : []));
    const ids = this.#ids ?? put.slice(0, MAX_IDS);
    const answer = this.#answer;
    this.#write(transaction, { ids, answer });
    return () => {
      if (this.#closed) return;
      this.#ids ??= ids;
      this.#isAnswerWritten ||= this.#answer === answer;
    };
  }

  /** Nothing is written any more. */
  close(): void {
    this.#closed = true;
  }
}

const collectionOf = (write: Write): string =>
  write.kind === 'put' ? write.collection.name : write.collection;

/**
 * Says what the request will be answered with, when its next commit is made: both are written together. So its idempotency key has
 * the answer even if the server is killed before it is sent. For the last commit of answers that cannot be read elsewhere.
 *
 * @param value - sent as JSON; undefined for an empty answer
 */
export function willAnswer(value: unknown): void {
  const note = currentNote();
  if (!note) return;
  const json = value === undefined ? '' : asciiJson(value);
  if (json.length <= MAX_ANSWER_CHARACTERS) note.tell(json);
}

/** The note of the work that is going on here. */
export const currentNote = (): CommitNote | undefined => notes.getStore();

/** Does work whose first commit has a note. */
export async function noting<R>(note: CommitNote, work: () => Promise<R>): Promise<R> {
  noted++;
  try {
    return await notes.run(note, work);
  } finally {
    note.close();
    noted--;
    if (noted === 0) notes.disable();
  }
}

/** Does what is nobody's work in particular, whoever happens to begin it. */
export const unnoted = <R>(work: () => R): R => (noted === 0 ? work() : notes.exit(work));

/** Has what is called back later go on with the work of whoever hands it over; undefined when that is nobody's in particular. */
export function sameWork():
  (<A extends unknown[]>(callback: (...given: A) => void) => (...given: A) => void) | undefined {
  const note = noted === 0 ? undefined : notes.getStore();
  return (
    note &&
    ((callback) =>
      (...given) =>
        notes.run(note, callback, ...given))
  );
}
