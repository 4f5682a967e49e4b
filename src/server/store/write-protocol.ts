/** What threads ask of the one that writes, and what it answers. Values that a message can carry. */
import type { PutOptions } from './store.js';

/** What the writer has to know of a collection. */
export interface CollectionBounds {
  readonly name: string;
  readonly maxCount: number;
  readonly atBound: 'evict' | 'refuse';
}

/** One write of a transaction. */
export type Write =
  | {
      kind: 'put';
      collection: CollectionBounds;
      id: string;
      value: object;
      /** Group by the index's name. */
      groups: Record<string, string>;
      options: PutOptions;
    }
  | { kind: 'delete'; collection: string; id: string; keepBlobs: boolean };

/** What a transaction read, and what it found: 0 for nothing. */
export interface Read {
  collection: string;
  id: string;
  version: number;
}

/** Writes that take effect together, if what was read is still so. */
export interface Commit {
  reads: Read[];
  writes: Write[];
  nowMs: number;
}

/** Whoever writes for one owner; what it acknowledges is seen by every thread and survives the end of the process. */
export interface Writer {
  /** Does all of it, or nothing and gives false: somebody has changed meanwhile what was read. */
  commit(commit: Commit): Promise<boolean>;
  /** Keeps a part of a blob. It is gone when its owner ends before a value has the blob. */
  putBlob(blob: string, part: number, bytes: Uint8Array, nowMs: number): Promise<void>;
  /** Deletes all parts of a blob that no value has. */
  dropBlob(blob: string): Promise<void>;
  /** The number after the last one of a name. */
  next(name: string): Promise<number>;
  close(): Promise<void>;
}

/** From a thread, answered by a {@link WriteAnswer} with the same number. */
export type WriteRequest = { id: number } & (
  | { type: 'commit'; commit: Commit }
  | { type: 'putBlob'; blob: string; part: number; bytes: Uint8Array; nowMs: number }
  | { type: 'dropBlob'; blob: string }
  | { type: 'next'; name: string }
);

/** Why something was not written. */
export interface WriteProblem {
  message: string;
  /** Of a refusal that a client is to see. */
  status?: number;
  code?: string | null;
}

/** To a thread. The first one, with the number 0, says whether there is a database. */
export interface WriteAnswer {
  id: number;
  result?: boolean | number | undefined;
  problem?: WriteProblem;
}
