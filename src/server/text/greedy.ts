/** Whether words are drawn by chance at all. */

/**
 * Whether only the likeliest word is ever taken.
 *
 * @param topK - how many words there are to draw from, as some servers let requests say
 */
export const isGreedy = (
  sampling: { temperature?: number | null | undefined; top_p?: number | null | undefined },
  topK?: unknown,
): boolean => sampling.temperature === 0 || sampling.top_p === 0 || topK === 1;
