/**
 * What writes to the database, for all threads of a server (see store-thread.ts).
 *
 * A commit is in the system's page cache when it is acknowledged (`noSync`): it survives the end of the process, however
 * that comes, and not a crash of the machine. That costs 0.1 ms; waiting for the disk would take milliseconds.
 */
import { mkdirSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import { ApiError } from '../protocols/openai/errors.js';
import { databaseIn } from './data-folder.js';
import { OF_OWNER, OWNED } from './owned.js';
import { Owners } from './owners.js';
import { isAlive, RecordTable } from './records.js';
import type { Commit, Read, Write, Writer } from './write-protocol.js';

/** What a writer is opened with. */
export interface WriterOptions {
  /** Folder of the database; made if it is missing. */
  folder: string;
  /** Most bytes of all values and blobs. */
  maxBytes: number;
  /** Which process this is; see process-name.ts. */
  process: string;
  /** Runs a transaction, which must not be broken off; by default just so. */
  guard?: Guard | undefined;
}

/** See {@link WriterOptions.guard}. */
export type Guard = <R>(transaction: () => R) => R;

/** See the file's head. */
export class StoreWriter {
  readonly #root: RootDatabase;
  readonly #table: RecordTable;
  readonly #owners: Owners;
  readonly #guard: Guard;

  constructor({ folder, maxBytes, process, guard = (transaction) => transaction() }: WriterOptions) {
    mkdirSync(folder, { recursive: true });
    this.#guard = guard;
    this.#root = guard(() => open({ path: databaseIn(folder), maxDbs: 2, noSync: true }));
    const blobs = guard((): Database<Buffer> => this.#root.openDB({ name: 'blobs', encoding: 'binary' }));
    const records = guard((): Database<unknown> => this.#root.openDB({ name: 'records', encoding: 'json' }));
    this.#table = new RecordTable(records, blobs, maxBytes);
    this.#owners = new Owners(records, process);
  }

  /** Clears away what processes left behind that have ended. */
  forgetEnded(nowMs: number): void {
    for (const owner of this.#owners.ended(nowMs)) this.forget(owner, nowMs);
  }

  /**
   * Writes for one owner, such as a thread.
   *
   * @param owner - different for every one at every time
   */
  for(owner: string, sinceMs: number): Writer {
    this.#write(() => this.#owners.add(owner, sinceMs));
    // A failure is a rejection.
    const asked = async <R>(action: () => R): Promise<R> => this.#write(action);
    return {
      commit: async (commit) => this.#commit(owner, commit),
      // oxlint-disable-next-line typescript/require-await -- a failure is a rejection
      putBlob: async (blob, part, bytes, nowMs) =>
        this.#writeRoomily(nowMs, () => {
          if (part === 0) this.#owners.addBlob(owner, blob);
          this.#table.putBlob(blob, part, bytes);
        }),
      dropBlob: (blob) => asked(() => this.#drop(owner, blob)),
      next: (name) => asked(() => this.#table.next(`own ${name}`)),
      // oxlint-disable-next-line typescript/require-await -- a failure is a rejection
      close: async () => this.forget(owner, sinceMs),
    };
  }

  /** An owner has ended: what was its alone goes, and so do bytes that belong to no value yet. */
  forget(owner: string, nowMs: number): void {
    this.#write(() => {
      for (const blob of this.#owners.blobsOf(owner)) this.#table.deleteBlob(blob);
      for (const collection of Object.values(OWNED)) {
        const ids = Array.from(this.#table.ids(collection, OF_OWNER, owner, undefined, false));
        for (const id of ids) this.#table.delete(collection, id, nowMs);
      }
      this.#owners.remove(owner);
    });
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #write<R>(action: () => R): R {
    return this.#guard(() => this.#root.transactionSync(action));
  }

  /** Writes; when there is no room, once more without what has expired. */
  #writeRoomily<R>(nowMs: number, action: () => R): R {
    try {
      return this.#write(action);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      let swept = false;
      while (this.#write(() => this.#table.sweep(nowMs))) swept = true;
      if (!swept) throw error;
      return this.#write(action);
    }
  }

  #commit(owner: string, { reads, writes, nowMs }: Commit): boolean {
    try {
      return this.#writeRoomily(nowMs, () => {
        if (!reads.every((read) => this.#isStill(read, nowMs))) return false;
        for (const write of writes) this.#apply(owner, write, nowMs);
        this.#table.sweep(nowMs);
        return true;
      });
    } catch (error) {
      this.#write(() => this.#dropUnused(owner, writes));
      throw error;
    }
  }

  #isStill({ collection, id, version }: Read, nowMs: number): boolean {
    const record = this.#table.find(collection, id);
    return (record && isAlive(record, nowMs) ? record.version : 0) === version;
  }

  #apply(owner: string, write: Write, nowMs: number): void {
    if (write.kind === 'delete') {
      this.#table.delete(write.collection, write.id, nowMs, write.keepBlobs);
      return;
    }
    this.#table.put(write, nowMs);
    for (const blob of write.options.blobs ?? []) this.#owners.removeBlob(owner, blob);
  }

  /** The bytes of what could not be put. */
  #dropUnused(owner: string, writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.kind !== 'put') continue;
      for (const blob of write.options.blobs ?? [])
        if (this.#owners.hasBlob(owner, blob)) this.#drop(owner, blob);
    }
  }

  #drop(owner: string, blob: string): void {
    this.#table.deleteBlob(blob);
    this.#owners.removeBlob(owner, blob);
  }
}
