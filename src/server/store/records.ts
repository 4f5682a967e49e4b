/** What is in the database: keys, records, and the orders that lists walk. All within a transaction of the caller's. */
import type { Database, Key } from 'lmdb';
import { ApiError } from '../protocols/openai/errors.js';
import type { PutOptions } from './store.js';
import type { CollectionBounds, Write } from './write-protocol.js';

/** A value, and what is known of it. */
export interface StoredRecord {
  /** Place in the order of its collection: when it was first put. */
  sequence: number;
  /** Different at every put of anything, so that a value that was deleted and put again is not taken for the same. */
  version: number;
  /** Gone from this wall-clock instant on; 0 for never. */
  expiresAtMs: number;
  blobs: string[];
  /** Group by the index's name. */
  groups: Record<string, string>;
  /** Undefined: it was deleted a while ago. A list can still go on behind it. */
  value?: object;
}

/** How long a list can go on behind a deleted value. */
const TOMBSTONE_MS = 3_600_000;
/** Expired records that one write clears away, beside its own work. */
const SWEEP_PER_WRITE = 8;
/** The index of all values of a collection, and its only group. */
export const ALL = '';

type Records = Database<unknown>;

/** See the file's head. Every method but the reading ones needs a write transaction around it. */
export class RecordTable {
  readonly #records: Records;
  readonly #blobs: Database<Buffer>;
  readonly #maxBytes: number;

  /** @param maxBytes - most bytes of all values and blobs */
  constructor(records: Records, blobs: Database<Buffer>, maxBytes: number) {
    this.#records = records;
    this.#blobs = blobs;
    this.#maxBytes = maxBytes;
  }

  /** A record, deleted and expired ones among them. */
  find(collection: string, id: string): StoredRecord | undefined {
    // LMDB bounds keys, and no id of ours is longer.
    if (id.length > 256) return undefined;
    return this.#records.get(['r', collection, id]) as StoredRecord | undefined;
  }

  /** Ids in order from a place on, not including it. */
  ids(
    collection: string,
    index: string,
    group: string,
    from: number | undefined,
    reverse: boolean,
  ): Iterable<string> {
    const prefix = ['o', collection, index, group];
    const low = [...prefix, reverse ? 0 : (from ?? 0) + 0.5];
    const high = [...prefix, reverse ? (from ?? Number.MAX_SAFE_INTEGER) - 0.5 : Number.MAX_SAFE_INTEGER];
    const range = reverse ? { start: high, end: low, reverse } : { start: low, end: high };
    return this.#records.getRange(range).map(({ value }) => value as string);
  }

  count(collection: string): number {
    return this.#number(['n', 'count', collection]);
  }

  /** The number after the last one of a name. */
  next(name: string): number {
    return this.#add(['n', 'number', name], 1);
  }

  put({ collection, id, value, groups, options }: Extract<Write, { kind: 'put' }>, nowMs: number): void {
    const { name } = collection;
    const known = this.find(name, id);
    const current = known && isAlive(known, nowMs) ? known : undefined;
    if (!current && known) this.#erase(name, id, known);
    if (!current) this.#makeRoom(collection, nowMs);
    const record: StoredRecord = {
      sequence: current?.sequence ?? this.next('sequence'),
      version: this.next('version'),
      expiresAtMs: options.expiresAtMs ?? current?.expiresAtMs ?? 0,
      blobs: blobsOf(options) ?? current?.blobs ?? [],
      groups,
      value,
    };
    if (current) this.#unlink(name, id, current);
    for (const blob of options.sharedBlobs ?? [])
      if (!current?.blobs.includes(blob)) this.#add(['n', 'sharers', blob], 1);
    for (const blob of current?.blobs ?? []) if (!record.blobs.includes(blob)) this.#release(blob);
    this.#link(name, id, record);
    if (!current) this.#add(['n', 'count', name], 1);
    this.#takeBytes(sizeOf(record) - (current ? sizeOf(current) : 0));
  }

  /** Deletes a value and leaves a mark where it was. */
  delete(collection: string, id: string, nowMs: number, keepBlobs = false): void {
    const record = this.find(collection, id);
    if (!record || !isAlive(record, nowMs)) return;
    this.#erase(collection, id, record, keepBlobs);
    const { sequence } = record;
    const expiresAtMs = nowMs + TOMBSTONE_MS;
    const mark: StoredRecord = {
      sequence,
      version: this.next('version'),
      expiresAtMs,
      blobs: [],
      groups: {},
    };
    this.#records.putSync(['r', collection, id], mark);
    this.#records.putSync(['x', expiresAtMs, collection, id], 1);
  }

  /**
   * Clears some of what has expired.
   *
   * @returns whether there was anything
   */
  sweep(nowMs: number): boolean {
    const range = { start: ['x', 0], end: ['x', nowMs + 1], limit: SWEEP_PER_WRITE };
    const due = Array.from(this.#records.getKeys(range)) as [string, number, string, string][];
    for (const key of due) {
      const record = this.find(key[2], key[3]);
      if (record && !isAlive(record, nowMs)) this.#erase(key[2], key[3], record);
      this.#records.removeSync(key);
    }
    return due.length > 0;
  }

  putBlob(id: string, part: number, bytes: Uint8Array): void {
    const key = part === 0 ? id : `${id}/${String(part).padStart(6, '0')}`;
    const before = this.#blobs.getBinaryFast(key)?.length ?? 0;
    this.#blobs.putSync(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#takeBytes(bytes.length - before);
  }

  deleteBlob(id: string): void {
    for (const key of [id, ...this.blobParts(id)]) {
      const bytes = this.#blobs.getBinaryFast(key);
      if (!bytes) continue;
      this.#takeBytes(-bytes.length);
      this.#blobs.removeSync(key);
    }
  }

  /** The keys of a blob's parts behind the first, in order. */
  blobParts(id: string): string[] {
    return [...this.#blobs.getKeys({ start: `${id}/`, end: `${id}0` })] as string[];
  }

  /** A value has a blob no more: it is deleted with the last one that has it. */
  #release(blob: string): void {
    const sharers = this.#number(['n', 'sharers', blob]);
    if (sharers === 0) this.deleteBlob(blob);
    else if (sharers === 1) this.#records.removeSync(['n', 'sharers', blob]);
    else this.#add(['n', 'sharers', blob], -1);
  }

  #erase(collection: string, id: string, record: StoredRecord, keepBlobs = false): void {
    this.#unlink(collection, id, record);
    this.#records.removeSync(['r', collection, id]);
    if (record.value === undefined) return;
    if (!keepBlobs) for (const blob of record.blobs) this.#release(blob);
    this.#add(['n', 'count', collection], -1);
    this.#takeBytes(-sizeOf(record));
  }

  #link(collection: string, id: string, record: StoredRecord): void {
    this.#records.putSync(['r', collection, id], record);
    for (const key of orderKeys(collection, record)) this.#records.putSync(key, id);
    if (record.expiresAtMs > 0) this.#records.putSync(['x', record.expiresAtMs, collection, id], 1);
  }

  #unlink(collection: string, id: string, record: StoredRecord): void {
    for (const key of orderKeys(collection, record)) this.#records.removeSync(key);
    if (record.expiresAtMs > 0) this.#records.removeSync(['x', record.expiresAtMs, collection, id]);
  }

  #makeRoom({ name, maxCount, atBound }: CollectionBounds, nowMs: number): void {
    if (this.count(name) < maxCount) return;
    if (atBound === 'refuse') throw full(`There can be at most ${maxCount} of ${name.replaceAll('_', ' ')}.`);
    for (const oldest of this.ids(name, ALL, ALL, undefined, false)) {
      this.delete(name, oldest, nowMs);
      return;
    }
  }

  #takeBytes(bytes: number): void {
    const used = this.#add(['n', 'bytes'], bytes);
    if (bytes > 0 && used > this.#maxBytes) {
      throw full(`All stored resources together have at most ${this.#maxBytes} bytes (--data-limit).`);
    }
  }

  #number(key: Key): number {
    return (this.#records.get(key) as number | undefined) ?? 0;
  }

  #add(key: Key, change: number): number {
    const value = this.#number(key) + change;
    this.#records.putSync(key, value);
    return value;
  }
}

export const isAlive = ({ value, expiresAtMs }: StoredRecord, nowMs: number): boolean =>
  value !== undefined && (expiresAtMs === 0 || expiresAtMs > nowMs);

const full = (what: string): ApiError =>
  new ApiError({
    status: 400,
    code: 'storage_limit_exceeded',
    message: `The simulated storage is full. ${what} Delete something first.`,
  });

/** Undefined when nothing is said of them. */
const blobsOf = ({ blobs, sharedBlobs }: PutOptions): string[] | undefined =>
  blobs || sharedBlobs ? [...(blobs ?? []), ...(sharedBlobs ?? [])] : undefined;

const sizeOf = (record: StoredRecord): number => JSON.stringify(record.value).length;

function orderKeys(collection: string, { sequence, groups, value }: StoredRecord): Key[] {
  if (value === undefined) return [];
  const all = Object.entries({ [ALL]: ALL, ...groups });
  return all.map(([index, group]) => ['o', collection, index, group, sequence]);
}
