/** Who has the database open, and which bytes they have written that belong to no value yet. Within a caller's transaction. */
import type { Database } from 'lmdb';
import { stateOf } from './process-name.js';

/** What is kept of an owner. */
interface OwnerRow {
  /** Where it is; see process-name.ts. */
  process: string;
  sinceMs: number;
}

/** A process of which nobody knows whether it runs is taken to have ended after so long. */
const FOREIGN_LIFE_MS = 24 * 3_600_000;

/** See the file's head. */
export class Owners {
  readonly #records: Database<unknown>;
  readonly #process: string;

  /** @param process - the one that this is in; see process-name.ts */
  constructor(records: Database<unknown>, process: string) {
    this.#records = records;
    this.#process = process;
  }

  add(owner: string, nowMs: number): void {
    this.#records.putSync(['owner', owner], { process: this.#process, sinceMs: nowMs } satisfies OwnerRow);
  }

  remove(owner: string): void {
    for (const key of this.#blobKeys(owner)) this.#records.removeSync(key);
    this.#records.removeSync(['owner', owner]);
  }

  /** Those whose process has ended. */
  ended(nowMs: number): string[] {
    const rows = this.#records.getRange({ start: ['owner', ''], end: ['owner', '\u{ffff}'] });
    return [...rows]
      .filter(({ value }) => this.#hasEnded(value as OwnerRow, nowMs))
      .map(({ key }) => (key as string[])[1]!);
  }

  addBlob(owner: string, blob: string): void {
    this.#records.putSync(['loose', owner, blob], 1);
  }

  hasBlob(owner: string, blob: string): boolean {
    return this.#records.get(['loose', owner, blob]) !== undefined;
  }

  removeBlob(owner: string, blob: string): void {
    this.#records.removeSync(['loose', owner, blob]);
  }

  blobsOf(owner: string): string[] {
    return this.#blobKeys(owner).map((key) => key[2]!);
  }

  #blobKeys(owner: string): string[][] {
    const range = { start: ['loose', owner, ''], end: ['loose', owner, '\u{ffff}'] };
    return [...this.#records.getKeys(range)] as string[][];
  }

  #hasEnded({ process: name, sinceMs }: OwnerRow, nowMs: number): boolean {
    const state = stateOf(name, this.#process);
    return state === 'unknown' ? nowMs - sinceMs > FOREIGN_LIFE_MS : state === 'ended';
  }
}
