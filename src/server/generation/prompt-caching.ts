/** What a request says about the cache of its prompt: how long it is kept, and where it may be found again. */

/** A prefix whose end is marked. */
export interface CacheMark {
  /** Tokens up to there. */
  readonly tokens: number;
  /** Names them: hashes of blocks, the last of which need not be full. */
  readonly hashes: readonly number[];
}

/** See the file's head. */
export interface PromptCaching {
  /** Only marked prefixes are kept and found. */
  readonly explicit: boolean;
  /** Seconds after which what was not used again is forgotten. */
  readonly retentionS: number;
}

/** Prompts and marked prefixes of fewer tokens are not kept. */
export const MIN_CACHED_TOKENS = 1024;

/** What is kept as long as OpenAI does when nothing is said. */
export const DEFAULT_CACHING: PromptCaching = { explicit: false, retentionS: 24 * 3600 };

/** Marks that one request can write, beside that of its own end or without it, and that it is looked for at. */
const WRITTEN = { beside: 3, alone: 4 };
const LOOKED_FOR = 80;

/** The marks of a request that count, in order: where it may be found, and what of that it writes. */
export function countedMarks(
  marks: readonly CacheMark[],
  explicit: boolean,
): { found: readonly CacheMark[]; written: readonly CacheMark[] } {
  const long = marks.filter(({ tokens }) => tokens >= MIN_CACHED_TOKENS);
  return {
    found: long.slice(-LOOKED_FOR),
    written: long.slice(-(explicit ? WRITTEN.alone : WRITTEN.beside)),
  };
}

/** Tokens of a prompt that are in a cache afterwards, and that may be found there. */
export interface Kept {
  tokens: number;
  found: number;
}

/** Neither kept nor found. */
export const NOTHING_KEPT: Kept = { tokens: 0, found: 0 };

/** What that comes to where so many tokens are found. */
export function cacheUse(
  { tokens, found }: Kept,
  hit: number,
): { cachedTokens: number; cacheWriteTokens: number } {
  const cachedTokens = Math.min(hit, found);
  return { cachedTokens, cacheWriteTokens: Math.max(0, tokens - cachedTokens) };
}
