/** What requests say about the cache of their prompts: options of all of it, and marks within. */
import * as z from 'zod';
import { DEFAULT_CACHING, type PromptCaching } from '../../generation/prompt-caching.js';
import type { TextMark } from '../../text/prompt.js';
import { checkAt } from './validation.js';

/** Parameters of the prompt's cache. */
export const cacheFields = {
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.enum(['in_memory', 'in-memory', '24h']).nullish(),
  prompt_cache_options: z
    .looseObject({
      mode: z.enum(['implicit', 'explicit']).nullish(),
      ttl: z.enum(['30m']).nullish(),
    })
    .nullish(),
};

const fields = z.object(cacheFields);

/** In memory a prefix is gone after some minutes without use. */
const IN_MEMORY_S = 600;
const TTL_S = 1800;

/** What they say; undefined when they say nothing. */
export function readCaching(data: z.output<typeof fields>): PromptCaching | undefined {
  const { prompt_cache_retention: retention, prompt_cache_options: options } = data;
  if (retention == null && options == null) return undefined;
  const longestS = retention == null || retention === '24h' ? DEFAULT_CACHING.retentionS : IN_MEMORY_S;
  // The one says how long it is kept at most, the other at least.
  const leastS = options?.ttl == null ? 0 : TTL_S;
  return { explicit: options?.mode === 'explicit', retentionS: Math.max(longestS, leastS) };
}

const breakpoint = z.object({
  prompt_cache_breakpoint: z.looseObject({ mode: z.enum(['explicit']) }).nullish(),
});

/** Whether a part of a message marks the end of a prefix. */
const isMarked = (part: object): boolean =>
  'prompt_cache_breakpoint' in part && part.prompt_cache_breakpoint != null;

/** The texts of parts as one, and the marks between them. */
export interface MarkedText {
  text: string;
  marks: readonly TextMark[];
}

/**
 * Reads parts one after another.
 *
 * @param at - where they are, for errors
 * @param read - gives the text of one; what it has beside text goes into `media`
 * @throws ApiError for a mark that is none
 */
export function joinParts<P extends object>(
  parts: readonly P[],
  at: string,
  media: readonly unknown[],
  read: (part: P, at: string) => string,
): MarkedText {
  const marks: TextMark[] = [];
  let text = '';
  for (const [i, part] of parts.entries()) {
    text += read(part, `${at}[${i}]`);
    if (!part || !isMarked(part)) continue;
    checkAt(breakpoint, part, `${at}[${i}]`);
    marks.push({ at: text.length, afterMedia: media.length > 0 });
  }
  return { text, marks };
}
