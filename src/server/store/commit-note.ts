/**
 * A note that is written along with the first commit of a piece of work, in the same transaction: both are there, or neither, at
 * whatever moment the process is killed. Work is told apart by its asynchronous context, which costs every promise of a thread
 * something on Node before 24: only while some work is noted.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { OWNED } from './owned.js';
import type { Transaction } from './store.js';
import type { Write } from './write-protocol.js';

/** Values of these are gone with their thread: they are no effect of anything. */
const PASSING: ReadonlySet<string> = new Set(Object.values(OWNED));
/** Most ids that a note is told. */
const MAX_IDS = 16;

const notes = new AsyncLocalStorage<CommitNote>();
let noted = 0;

/** See the file's head. */
export class CommitNote {
  readonly #write: (transaction: Transaction, ids: readonly string[]) => void;
  #written = false;
  #closed = false;

  /** @param write - puts the note, knowing the first ids that are put with it; may be called again */
  constructor(write: (transaction: Transaction, ids: readonly string[]) => void) {
    this.#write = write;
  }

  /** Something was committed, and the note with it. */
  get written(): boolean {
    return this.#written;
  }

  /** Adds the note to a transaction that is about to be committed. */
  add(transaction: Transaction, writes: readonly Write[]): void {
    if (this.#written || this.#closed) return;
    const lasting = writes.filter((write) => !PASSING.has(collectionOf(write)));
    if (lasting.length === 0) return;
    const ids = lasting.flatMap((write) => (write.kind === 'put' ? write.id : []));
    this.#write(transaction, ids.slice(0, MAX_IDS));
  }

  /** The transaction was committed. */
  committed(writes: readonly Write[]): void {
    if (!this.#closed) this.#written ||= writes.some((write) => !PASSING.has(collectionOf(write)));
  }

  /** Nothing is written any more. */
  close(): void {
    this.#closed = true;
  }
}

const collectionOf = (write: Write): string =>
  write.kind === 'put' ? write.collection.name : write.collection;

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
