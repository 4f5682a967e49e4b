/** How long answers get that something may cut. */
import type { Answer } from '../../simulator/answer.js';

/** A longer answer is not made once more to learn where it is cut. */
const MAX_MADE_TOKENS = 4096;

/**
 * The tokens of an answer that may be cut anywhere: an engine that is told where spends none beyond. It is made once more for that.
 *
 * @returns undefined for a long one: the engine learns of its end when the text is read
 */
export function cutLength(answer: Answer): number | undefined {
  while (!answer.ended && answer.tokens < MAX_MADE_TOKENS) answer.next();
  return answer.ended ? answer.tokens : undefined;
}
