/**
 * Token counts with a memory: system prompts and conversations come again and again, and looking a text up is many times
 * quicker than counting it.
 */
import { LRUCache } from 'lru-cache';
import { Tokenizer } from './tokenizer.js';
import type { Vocabulary } from './vocabulary.js';

/** Counting a text this short takes about as long as remembering it. */
const SHORT = 64;
/** What an entry is taken to cost beside its characters. */
const ENTRY_OVERHEAD = 128;

/** Bytes of an id. */
const ID_BYTES = 4;

/** Options of {@link TokenCounter}. */
export interface TokenCounterOptions {
  /**
   * Bound on the characters of all remembered texts together. At the bound the least recently used are forgotten; a text
   * of more than a quarter of it is counted and not remembered. Default 4 Mi.
   */
  cacheCharacters?: number;
  /** Bound on the token ids of all texts whose ids are remembered, in bytes. Default 16 MiB. */
  cacheIdBytes?: number;
}

/** A {@link Tokenizer} that remembers the counts of recent texts, within a bound. One per thread. */
export class TokenCounter {
  readonly #tokenizer: Tokenizer;
  readonly #counts: LRUCache<string, number>;
  readonly #ids: LRUCache<string, Uint32Array>;

  constructor(vocabulary: Vocabulary, options?: TokenCounterOptions) {
    const maxSize = options?.cacheCharacters ?? 4 * 1024 * 1024;
    this.#tokenizer = new Tokenizer(vocabulary);
    this.#counts = new LRUCache({ maxSize, maxEntrySize: Math.ceil(maxSize / 4) });
    const maxIds = options?.cacheIdBytes ?? 16 * 1024 * 1024;
    this.#ids = new LRUCache({ maxSize: maxIds, maxEntrySize: Math.ceil(maxIds / 4) });
  }

  /** The token ids of `text`; not to be changed. */
  ids(text: string): ArrayLike<number> {
    if (text.length <= SHORT) return this.#tokenizer.encode(text);
    const known = this.#ids.get(text);
    if (known) return known;
    const ids = Uint32Array.from(this.#tokenizer.encode(text));
    this.#ids.set(text, ids, { size: ID_BYTES * ids.length + text.length + ENTRY_OVERHEAD });
    return ids;
  }

  /** The number of tokens of `text`. */
  count(text: string): number {
    if (text.length <= SHORT) return this.#tokenizer.count(text);
    const known = this.#counts.get(text);
    if (known !== undefined) return known;
    const tokens = this.#tokenizer.count(text);
    this.#counts.set(text, tokens, { size: text.length + ENTRY_OVERHEAD });
    return tokens;
  }

  /** Counts without a memory, and much more than counts. */
  get tokenizer(): Tokenizer {
    return this.#tokenizer;
  }

  /** Characters that the cache holds now, entry overhead included. */
  get cachedCharacters(): number {
    return this.#counts.calculatedSize;
  }
}
