/**
 * The embedded store: one LMDB environment that all threads of a machine share.
 *
 * A commit is in the system's page cache when it is acknowledged (`noSync`): it survives the end of the process, however
 * that comes, and not a crash of the machine. That costs 0.1 ms; waiting for the disk would hold a thread, and the
 * tokens that it has to send meanwhile, for milliseconds.
 */
import { mkdirSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { Clock } from '../../lib/clock.js';
import { ChangeChannel } from './changes.js';
import { databaseIn } from './data-folder.js';
import { ALL, isAlive, RecordTable, type StoredRecord } from './records.js';
import {
  type Collection,
  type Page,
  type PageQuery,
  type PutOptions,
  type Store,
  type Transaction,
  UnknownCursorError,
} from './store.js';

/** What a store is opened with. */
export interface StoreOptions {
  /** Folder of the database; made if it is missing. */
  folder: string;
  clock: Clock;
  /** Most bytes of all values and blobs. */
  maxBytes: number;
}

/** A transaction that others keep disturbing is given up after this many times. */
const MAX_TRIES = 100;
/** A blob is written in parts, so that no other thread waits long for its turn. */
const PART_BYTES = 1024 * 1024;

type Write = (table: RecordTable, nowMs: number) => void;

/** See the file's head. */
export class LmdbStore implements Store {
  readonly #clock: Clock;
  readonly #root: RootDatabase;
  readonly #blobs: Database<Buffer>;
  readonly #table: RecordTable;
  readonly #changes: ChangeChannel;

  constructor({ folder, clock, maxBytes }: StoreOptions) {
    mkdirSync(folder, { recursive: true });
    this.#clock = clock;
    this.#root = open({ path: databaseIn(folder), maxDbs: 2, noSync: true });
    this.#blobs = this.#root.openDB<Buffer>({ name: 'blobs', encoding: 'binary' });
    const records = this.#root.openDB<unknown>({ name: 'records', encoding: 'json' });
    this.#table = new RecordTable(records, this.#blobs, maxBytes);
    this.#changes = new ChangeChannel(`fakeai-store:${folder}`);
  }

  get<T extends object>(collection: Collection<T>, id: string): Promise<T | undefined> {
    return this.#reading(() => this.#alive(collection, id)?.value as T | undefined);
  }

  list<T extends object>(collection: Collection<T>, query: PageQuery<T>): Promise<Page<T>> {
    return this.#reading(() => {
      const { name, group } = query.index ?? { name: ALL, group: ALL };
      const parameter = query.before === undefined ? 'after' : 'before';
      const from = this.#place(collection, parameter, query[parameter]);
      const backwards = parameter === 'before';
      const data: T[] = [];
      let hasMore = false;
      for (const id of this.#table.ids(
        collection.name,
        name,
        group,
        from,
        (query.order === 'desc') !== backwards,
      )) {
        const value = this.#alive(collection, id)?.value as T | undefined;
        if (!value || query.where?.(value) === false) continue;
        hasMore = data.length === query.limit;
        if (hasMore) break;
        data.push(value);
      }
      return { data: backwards ? data.toReversed() : data, hasMore };
    });
  }

  count<T extends object>(collection: Collection<T>): Promise<number> {
    return this.#reading(() => this.#table.count(collection.name));
  }

  async transact<R>(action: (transaction: Transaction) => R | Promise<R>): Promise<R> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
      const attempted = new Attempt((collection, id) => this.#reading(() => this.#alive(collection, id)));
      const result = await action(attempted);
      if (this.#commit(attempted)) return result;
      await new Promise(setImmediate);
    }
    throw new Error(`a transaction was disturbed ${MAX_TRIES} times`);
  }

  put<T extends object>(
    collection: Collection<T>,
    id: string,
    value: T,
    options?: PutOptions,
  ): Promise<void> {
    return this.transact((transaction) => transaction.put(collection, id, value, options));
  }

  update<T extends object>(
    collection: Collection<T>,
    id: string,
    change: (current: T) => T | undefined,
  ): Promise<T | undefined> {
    return this.transact(async (transaction) => {
      const current = await transaction.get(collection, id);
      const changed = current && change(current);
      if (changed) transaction.put(collection, id, changed);
      return changed ?? current;
    });
  }

  delete<T extends object>(collection: Collection<T>, id: string): Promise<boolean> {
    return this.transact(async (transaction) => {
      const found = (await transaction.get(collection, id)) !== undefined;
      if (found) transaction.delete(collection, id);
      return found;
    });
  }

  async writeBlob(id: string, bytes: Uint8Array): Promise<void> {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0, part = 0; at === 0 || at < all.length; at += PART_BYTES, part++) {
      const key = part === 0 ? id : `${id}/${String(part).padStart(6, '0')}`;
      this.#root.transactionSync(() => this.#table.putBlob(key, all.subarray(at, at + PART_BYTES)));
      if (at + PART_BYTES < all.length) await new Promise(setImmediate);
    }
  }

  readBlob(id: string): Promise<Buffer | undefined> {
    return this.#reading(() => {
      const first = this.#blobs.get(id);
      if (!first) return undefined;
      const parts = this.#table.blobParts(id).map((key) => this.#blobs.get(key)!);
      return parts.length === 0 ? first : Buffer.concat([first, ...parts]);
    });
  }

  // oxlint-disable-next-line typescript/require-await -- a failure is a rejection
  async nextNumber(name: string): Promise<number> {
    return this.#root.transactionSync(() => this.#table.next(`own ${name}`));
  }

  watch<T extends object>({ name }: Collection<T>, listener: (id: string) => void): () => void {
    return this.#changes.listen(name, listener);
  }

  async close(): Promise<void> {
    this.#changes.close();
    await this.#root.close();
  }

  /** Reads the newest state: LMDB would go on with the snapshot of this turn of the event loop. */
  // oxlint-disable-next-line typescript/require-await -- a failure is a rejection
  async #reading<R>(read: () => R): Promise<R> {
    this.#root.resetReadTxn();
    return read();
  }

  #alive<T extends object>({ name }: Collection<T>, id: string): StoredRecord | undefined {
    const record = this.#table.find(name, id);
    return record && isAlive(record, this.#clock.wallMs()) ? record : undefined;
  }

  /** Where a page begins; a deleted value still has its place for a while. */
  #place<T extends object>(
    { name }: Collection<T>,
    parameter: 'after' | 'before',
    id: string | undefined,
  ): number | undefined {
    if (id === undefined) return undefined;
    const record = this.#table.find(name, id);
    if (!record) throw new UnknownCursorError(parameter, id);
    return record.sequence;
  }

  #commit({ reads, writes, changes }: Attempt): boolean {
    if (writes.length === 0) return true;
    const nowMs = this.#clock.wallMs();
    const done = this.#root.transactionSync(() => {
      for (const { collection, id, version } of reads) {
        if ((this.#alive(collection, id)?.version ?? 0) !== version) return false;
      }
      for (const write of writes) write(this.#table, nowMs);
      this.#table.sweep(nowMs);
      return true;
    });
    if (done && changes.length > 0) this.#changes.say(changes);
    return done;
  }
}

/** One run of a transaction's action: what it read, and what it wants to write. */
class Attempt implements Transaction {
  readonly reads: { collection: Collection<object>; id: string; version: number }[] = [];
  readonly writes: Write[] = [];
  readonly changes: [collection: string, id: string][] = [];
  readonly #find: (collection: Collection<object>, id: string) => Promise<StoredRecord | undefined>;

  constructor(find: (collection: Collection<object>, id: string) => Promise<StoredRecord | undefined>) {
    this.#find = find;
  }

  async get<T extends object>(collection: Collection<T>, id: string): Promise<T | undefined> {
    const record = await this.#find(collection as Collection<object>, id);
    this.reads.push({ collection: collection as Collection<object>, id, version: record?.version ?? 0 });
    return record?.value as T | undefined;
  }

  put<T extends object>(collection: Collection<T>, id: string, value: T, options: PutOptions = {}): void {
    this.writes.push((table, nowMs) => table.put(collection, id, value, options, nowMs));
    this.#changed(collection, id);
  }

  delete<T extends object>(collection: Collection<T>, id: string, keepBlobs = false): void {
    this.writes.push((table, nowMs) => table.delete(collection.name, id, nowMs, keepBlobs));
    this.#changed(collection, id);
  }

  #changed<T extends object>({ name, watched }: Collection<T>, id: string): void {
    if (watched) this.changes.push([name, id]);
  }
}
