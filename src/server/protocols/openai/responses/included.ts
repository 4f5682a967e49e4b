/**
 * What items are shown with when they are read again: details that are only shown to who asks for them (`include`), and pictures,
 * whose places are left out else.
 */
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Item } from './items.js';
import { seal } from './sealed.js';

/** What is known of an item beside what it was shown with: `shown` is said of it, `thought` is sealed first. */
export type Hidden = Readonly<{ include: string; shown: object } | { thought: string }>;

/** By the ids of the items. */
export type HiddenById = Readonly<Record<string, Hidden>>;

/** What is asked for in the query; its values are listed and have been checked. */
export const includeOf = ({ query }: ApiRequest): ReadonlySet<string> =>
  new Set([...query.getAll('include[]'), ...query.getAll('include')]);

const THOUGHTS = 'reasoning.encrypted_content';

/** An item with what is asked for. */
export function withIncluded(
  item: Item,
  hidden: Hidden | undefined,
  include: ReadonlySet<string>,
  seed: number,
): Item {
  const seen = withPictures(item, include);
  if (!hidden) return seen;
  if ('thought' in hidden)
    return include.has(THOUGHTS) ? { ...seen, encrypted_content: seal(seed, hidden.thought) } : seen;
  return include.has(hidden.include) ? { ...seen, ...hidden.shown } : seen;
}

type Part = Readonly<Record<string, unknown>>;

/** Addresses of pictures that the client sent are shown to who asks for them. */
function withPictures(item: Item, include: ReadonlySet<string>): Item {
  if (item.type === 'message' && Array.isArray(item.content)) {
    const content = item.content as readonly Part[];
    const isHidden = ({ type, image_url: url }: Part): boolean => type === 'input_image' && url != null;
    if (include.has('message.input_image.image_url') || !content.some(isHidden)) return item;
    return {
      ...item,
      content: content.map((part) => (isHidden(part) ? { ...part, image_url: null } : part)),
    };
  }
  const { image_url: url, ...rest } = (item.output ?? {}) as Part;
  const isScreenshot = item.type === 'computer_call_output' && url !== undefined;
  if (!isScreenshot || include.has('computer_call_output.output.image_url')) return item;
  return { ...item, output: rest };
}
