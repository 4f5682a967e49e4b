/** The answers of batches, of any protocol, until a batch is over. */
import type { Collection, Store } from '../../../store/store.js';

/** The answer to one request. */
export interface BatchResult {
  /** The line of the output, as JSON. */
  line: string;
  failed: boolean;
}

/** By the batch's id and the number of the request. */
export const RESULTS: Collection<BatchResult> = {
  name: 'batch_results',
  maxCount: 1_000_000,
  atBound: 'refuse',
};

export const resultId = (batch: string, index: number): string => `${batch}/${index}`;

/** Results that are deleted at once. */
const DELETE_AT_ONCE = 200;

/** Deletes the answers of a batch that is over. */
export async function forgetResults(store: Store, batch: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += DELETE_AT_ONCE) {
    await store.transact((transaction) => {
      for (let i = from; i < Math.min(from + DELETE_AT_ONCE, count); i++)
        transaction.delete(RESULTS, resultId(batch, i));
    });
  }
}
