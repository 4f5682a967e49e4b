/**
 * Where resources are kept: JSON values with ids in collections, and the bytes that belong to them.
 *
 * Everything is asynchronous, and several writes at once are an optimistic transaction, so that a store behind a network
 * fits the same interface. What a promise acknowledges is seen by every thread and survives the end of the process.
 */

/** A kind of resource. Declared once, as a constant, by the family that owns it. */
export interface Collection<T extends object> {
  /** Unique, and the same in every version that reads the same data. */
  readonly name: string;
  /**
   * Orders of their own within a group, such as the files of one vector store: the group of a value by the index's name, or
   * undefined when it is in none. They must not depend on anything but the value.
   */
  readonly indexes?: Readonly<Record<string, (value: T) => string | undefined>>;
  /** Most values. */
  readonly maxCount: number;
  /** At `maxCount` the oldest value goes (`evict`), or the new one is refused with a 400 (`refuse`). */
  readonly atBound: 'evict' | 'refuse';
  /** Whether {@link Store.watch} may be called for it. */
  readonly watched?: true;
}

/** Which part of a collection is wanted. */
export interface PageQuery<T> {
  /** Most values of the page; at least 1. */
  limit: number;
  /** `desc` is newest first. */
  order: 'asc' | 'desc';
  /** Only what comes behind the value with this id, in the wanted order. */
  after?: string | undefined;
  /** Only what comes before the value with this id: the nearest ones. */
  before?: string | undefined;
  /** Only one group of an index. */
  index?: { name: string; group: string };
  /** Only values of which this is true. Values are read until the page is full, so it should be true of many. */
  where?: ((value: T) => boolean) | undefined;
}

/** A part of a collection, in the wanted order. */
export interface Page<T> {
  data: T[];
  /** Whether more values follow behind the page (with `before`: come before it). */
  hasMore: boolean;
}

/** How long a value lives, and what goes with it. */
export interface PutOptions {
  /** The value is gone from this wall-clock instant on. */
  expiresAtMs?: number | undefined;
  /** Blobs that belong to the value: deleted with it, or when it is put again without them. */
  blobs?: readonly string[];
  /** Blobs of a value that the same transaction has read: this one needs them too, and they go with the last that has them. */
  sharedBlobs?: readonly string[];
}

/** Reads and writes that take effect together. */
export interface Transaction {
  get<T extends object>(collection: Collection<T>, id: string): Promise<T | undefined>;
  /** Puts a value; one with the same id is replaced, and keeps its place in the order and, unless they are given, its options. */
  put<T extends object>(collection: Collection<T>, id: string, value: T, options?: PutOptions): void;
  /**
   * Deletes a value, if it is there.
   *
   * @param keepBlobs - leave its blobs alone: they belong to another value now
   */
  delete<T extends object>(collection: Collection<T>, id: string, keepBlobs?: boolean): void;
}

/** See the file's head. */
export interface Store {
  get<T extends object>(collection: Collection<T>, id: string): Promise<T | undefined>;
  /**
   * A part of a collection. Walking on with `after` visits every value once that was there at the beginning and is still
   * there, whatever is put and deleted meanwhile.
   *
   * @throws UnknownCursorError when there is no value with the id of `after` or `before`
   */
  list<T extends object>(collection: Collection<T>, query: PageQuery<T>): Promise<Page<T>>;
  /** How many values a collection has. */
  count<T extends object>(collection: Collection<T>): Promise<number>;
  /**
   * Runs an action and then makes its writes at once, if nobody has changed meanwhile what it read; otherwise runs it again.
   *
   * @param action - must have no other effects
   * @throws ApiError when there is no room
   */
  transact<R>(action: (transaction: Transaction) => R | Promise<R>): Promise<R>;
  /** A transaction that puts one value. */
  put<T extends object>(collection: Collection<T>, id: string, value: T, options?: PutOptions): Promise<void>;
  /**
   * A transaction that changes one value.
   *
   * @param change - gives the new value, or undefined to leave it as it is; may be called again
   * @returns the value afterwards; undefined when there is none
   */
  update<T extends object>(
    collection: Collection<T>,
    id: string,
    change: (current: T) => T | undefined,
  ): Promise<T | undefined>;
  /** A transaction that deletes one value; false when there is none. */
  delete<T extends object>(collection: Collection<T>, id: string): Promise<boolean>;
  /** Keeps bytes. They become part of a value by {@link PutOptions.blobs}, and are lost space until then. */
  writeBlob(id: string, bytes: Uint8Array): Promise<void>;
  readBlob(id: string): Promise<Buffer | undefined>;
  /** 1, 2, 3 … for each name: every number once over all threads. */
  nextNumber(name: string): Promise<number>;
  /**
   * Calls a listener with the id of every value of a collection that any thread of this process puts or deletes from now
   * on. Another process is not heard of.
   *
   * @returns stops it
   */
  watch<T extends object>(collection: Collection<T>, listener: (id: string) => void): () => void;
  close(): Promise<void>;
}

/** A page was to begin at a value that is not there. */
export class UnknownCursorError extends Error {
  constructor(
    readonly parameter: 'after' | 'before',
    readonly id: string,
  ) {
    super(`no value has the id ${id}`);
  }
}
