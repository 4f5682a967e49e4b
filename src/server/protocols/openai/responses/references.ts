/** Items of the input that are named by their ids alone. */
import type { Store } from '../../../store/store.js';
import { ApiError } from '../errors.js';
import { type Item, responseOfItem } from './items.js';
import { RESPONSES } from './records.js';

/**
 * Puts items in the place of their ids: items of responses that are kept. Those that are there already, as what comes before, are
 * left out.
 *
 * @throws ApiError 404 for one that is not there
 */
export async function resolveReferences(
  open: () => Promise<Store>,
  items: readonly Item[],
  before: readonly Item[],
): Promise<Item[]> {
  const known = new Set(before.map(({ id }) => id));
  const resolved: Item[] = [];
  for (const item of items) {
    if (!isReference(item)) resolved.push(item);
    else if (!known.has(item.id)) resolved.push(await itemOf(open, item.id));
  }
  return resolved;
}

const isReference = ({ type, role, id }: Item): boolean =>
  type === 'item_reference' || (type === 'message' && role === undefined && id !== '');

async function itemOf(open: () => Promise<Store>, id: string): Promise<Item> {
  const responseId = responseOfItem(id);
  const record = responseId === undefined ? undefined : await (await open()).get(RESPONSES, responseId);
  const found = record && [...record.body.output, ...record.input].find((one) => one.id === id);
  if (found) return found;
  const message = `Item with id '${id.slice(0, 200)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
  throw new ApiError({ status: 404, message, param: 'input' });
}
