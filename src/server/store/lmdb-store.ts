/** The embedded store: one LMDB environment that all threads of a machine share. Reads it, and has one thread write to it. */
import { type Database, open, type RootDatabase } from 'lmdb';
import type { Clock } from '../../lib/clock.js';
import { ChangeChannel } from './changes.js';
import { currentNote } from './commit-note.js';
import { databaseIn } from './data-folder.js';
import { InTurn } from './in-turn.js';
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

import type { Read, Write, Writer } from './write-protocol.js';

/** What a store is opened with. */
export interface StoreOptions {
  /** Folder of the database, which the writer has made. */
  folder: string;
  clock: Clock;
  /** The store closes it. */
  writer: Writer;
}

/** A transaction that others keep disturbing is given up after this many times. */
const MAX_TRIES = 100;
/** A blob is written in parts, so that no other thread waits long for its turn. */
const PART_BYTES = 1024 * 1024;

/** See the file's head. */
export class LmdbStore implements Store {
  readonly #clock: Clock;
  readonly #root: RootDatabase;
  readonly #blobs: Database<Buffer>;
  readonly #table: RecordTable;
  readonly #changes: ChangeChannel;
  readonly #writer: Writer;
  readonly #turns = new InTurn();

  constructor({ folder, clock, writer }: StoreOptions) {
    this.#clock = clock;
    this.#writer = writer;
    // A thread that ends while it writes would keep everybody else from writing for ever: this one cannot.
    this.#root = open({ path: databaseIn(folder), maxDbs: 2, readOnly: true });
    this.#blobs = this.#root.openDB<Buffer>({ name: 'blobs', encoding: 'binary' });
    const records = this.#root.openDB<unknown>({ name: 'records', encoding: 'json' });
    this.#table = new RecordTable(records, this.#blobs, 0);
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
    const first = await this.#attempt(action);
    if (first.done) return first.result;
    // Who was disturbed waits for others that were: among themselves they would go on disturbing each other.
    return this.#turns.run(async () => {
      for (let attempt = 1; attempt < MAX_TRIES; attempt++) {
        const { done, result } = await this.#attempt(action);
        if (done) return result;
      }
      throw new Error(`a transaction was disturbed ${MAX_TRIES} times`);
    });
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
    try {
      for (let at = 0, part = 0; at === 0 || at < bytes.length; at += PART_BYTES, part++)
        await this.#writer.putBlob(id, part, bytes.subarray(at, at + PART_BYTES), this.#clock.wallMs());
    } catch (error) {
      await this.#writer.dropBlob(id);
      throw error;
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

  nextNumber(name: string): Promise<number> {
    return this.#writer.next(name);
  }

  watch<T extends object>({ name }: Collection<T>, listener: (id: string) => void): () => void {
    return this.#changes.listen(name, listener);
  }

  async close(): Promise<void> {
    this.#changes.close();
    await this.#root.close();
    await this.#writer.close();
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

  /** Runs a transaction's action and makes its writes, if nobody disturbed it. */
  async #attempt<R>(
    action: (transaction: Transaction) => R | Promise<R>,
  ): Promise<{ done: boolean; result: R }> {
    const attempted = new Attempt((collection, id) => this.#reading(() => this.#alive(collection, id)));
    const result = await action(attempted);
    const { reads, writes, changes } = attempted;
    if (writes.length === 0) return { done: true, result };
    const noted = currentNote()?.add(attempted, writes);
    const done = await this.#writer.commit({ reads, writes, nowMs: this.#clock.wallMs() });
    if (done) noted?.();
    if (done && changes.length > 0) this.#changes.say(changes);
    return { done, result };
  }
}

/** One run of a transaction's action: what it read, and what it wants to write. */
class Attempt implements Transaction {
  readonly reads: Read[] = [];
  readonly writes: Write[] = [];
  readonly changes: [collection: string, id: string][] = [];
  readonly #find: (collection: Collection<object>, id: string) => Promise<StoredRecord | undefined>;

  constructor(find: (collection: Collection<object>, id: string) => Promise<StoredRecord | undefined>) {
    this.#find = find;
  }

  async get<T extends object>(collection: Collection<T>, id: string): Promise<T | undefined> {
    const record = await this.#find(collection as Collection<object>, id);
    this.reads.push({ collection: collection.name, id, version: record?.version ?? 0 });
    return record?.value as T | undefined;
  }

  put<T extends object>(collection: Collection<T>, id: string, value: T, options: PutOptions = {}): void {
    const { name, maxCount, atBound } = collection;
    const groups = groupsOf(collection, value);
    this.writes.push({
      kind: 'put',
      collection: { name, maxCount, atBound },
      id,
      value,
      groups,
      options: {
        ...options,
        ...(options.blobs && { blobs: [...options.blobs] }),
        ...(options.sharedBlobs && { sharedBlobs: [...options.sharedBlobs] }),
      },
    });
    this.#changed(collection, id);
  }

  delete<T extends object>(collection: Collection<T>, id: string, keepBlobs = false): void {
    this.writes.push({ kind: 'delete', collection: collection.name, id, keepBlobs });
    this.#changed(collection, id);
  }

  #changed<T extends object>({ name, watched }: Collection<T>, id: string): void {
    if (watched) this.changes.push([name, id]);
  }
}

function groupsOf<T extends object>({ indexes = {} }: Collection<T>, value: T): Record<string, string> {
  const groups = Object.entries(indexes).map(([name, groupOf]) => [name, groupOf(value)] as const);
  return Object.fromEntries(groups.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
