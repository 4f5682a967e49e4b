/** How an item of the output that is neither a message nor a thought nor a call of a function is told of. */
import type { Hidden } from './included.js';
import type { Item } from './items.js';

/** Tells of the item in an event, which gets its place and its id. */
export type Say = (type: string, fields?: object) => void;

/** One item as it is written. Made anew each time that an output is. */
export interface ItemView {
  readonly type: string;
  begin(id: string): Item;
  /** Its first token is there. */
  opened?(say: Say): void;
  /** More of what the model writes to call it. */
  grew?(text: string, say: Say): void;
  /** How long it works after that, in tokens. Default not at all. */
  readonly steps?: number;
  /** So many steps of its work are done. */
  stepped?(steps: number, say: Say): void;
  /**
   * It is over.
   *
   * @param text - all that the model wrote
   * @param complete - false when a limit cut that off
   * @returns what is known of the item in the end, its status too
   */
  done(text: string, complete: boolean, say: Say): object;
  /** What its item would be shown with too, if it were asked for; once it is complete. */
  hidden?(): Hidden | undefined;
  /** The item that comes right behind it. Only of one that works: it is not told of before that is over. */
  next?(): ItemView;
  /** What a text behind it refers to. */
  citations?(text: string): object[];
}
