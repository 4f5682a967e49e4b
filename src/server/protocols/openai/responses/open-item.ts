/** What is known of an item of a response while it grows. */
import type { PlacedLogprob } from '../../../../simulator/content/logprobs.js';
import type { Section } from '../../../../simulator/content/section.js';
import type { ItemView } from './item-view.js';
import type { Item } from './items.js';

/** An item that is being written. */
export interface OpenItem {
  section: Section;
  index: number;
  item: Item;
  text: string;
  logprobs: PlacedLogprob[];
  view: ItemView | undefined;
  /** What was written of a step whose last token is to come: no event has told of it. */
  held: { text: string; logprobs: PlacedLogprob[] };
}
