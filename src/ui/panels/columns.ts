/** What tables of the live screen have in common. */
import type { Column } from '../../results/lines.js';

/** Names of targets and metrics. */
export const NAME_WIDTH = 14;
/** More targets than this are summed up in one line. */
export const MOST_TARGETS = 8;

/** A column of numbers that does not move while they change. */
export const number = (head: string, width: number, dispensable?: number): Column => ({
  head: head.padStart(width),
  align: 'right',
  ...(dispensable === undefined ? {} : { dispensable }),
});
