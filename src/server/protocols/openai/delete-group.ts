/** Deletes what belongs to something that was deleted. */
import type { Collection, Store } from '../../store/store.js';

/** Values that are deleted at once: nobody else waits long for their turn. */
const AT_ONCE = 100;

/**
 * Deletes all values of a group of an index.
 *
 * @param idOf - the key of a value; its `id` by default
 */
export async function deleteGroup<T extends { id: string }>(
  store: Store,
  collection: Collection<T>,
  index: { name: string; group: string },
  idOf: (value: T) => string = ({ id }) => id,
): Promise<void> {
  for (;;) {
    const { data } = await store.list(collection, { limit: AT_ONCE, order: 'asc', index });
    if (data.length === 0) return;
    await store.transact((transaction) => {
      for (const value of data) transaction.delete(collection, idOf(value));
    });
  }
}
