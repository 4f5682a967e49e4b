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

/** Texts that were counted once, about: two that meet in a place take turns. */
const SEEN = 4096;
/** So many characters of a text, and its length, say which it is. */
const SAMPLED = 16;

/** More characters than prompts that fit into a model's window mostly have. */
const HUGE = 1024 * 1024;

/** Bytes of an id. */
const ID_BYTES = 4;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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

/** A {@link Tokenizer} that remembers the counts of texts that came twice, within a bound. One per thread. */
export class TokenCounter {
  readonly #tokenizer: Tokenizer;
  readonly #counts: LRUCache<string, number>;
  readonly #ids: LRUCache<string, Uint32Array>;
  readonly #seen = new Int32Array(SEEN);
  /** Of {@link hold}: bounded by the requests that are read now. */
  readonly #held = new Map<string, { ids: Uint32Array; holders: number }>();
  readonly #holding = { long: Promise.resolve(), huge: Promise.resolve() };

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
    const held = this.#held.size > 0 ? this.#held.get(text) : undefined;
    if (held) return held.ids;
    const known = this.#ids.get(text);
    if (known) return known;
    const ids = Uint32Array.from(this.#tokenizer.encode(text));
    this.#ids.set(text, ids, { size: ID_BYTES * ids.length + text.length + ENTRY_OVERHEAD });
    return ids;
  }

  /**
   * Counts texts that may be long, in portions between which the event loop turns, so that nobody else waits for them. One after
   * the other, whoever asks, as what a long text needs in between is many times its size; but no ordinary prompt waits for one that
   * is {@link HUGE}.
   *
   * @param isOver - whether nobody wants to know any more: then not all of them are counted
   * @returns lets go of them; until then {@link count} and {@link ids} know them, however long they are
   */
  async hold(texts: readonly string[], isOver = (): boolean => false): Promise<() => void> {
    const lane = texts.reduce((sum, { length }) => sum + length, 0) > HUGE ? 'huge' : 'long';
    const held: string[] = [];
    const holding = this.#holding[lane]
      .catch(() => {})
      .then(async () => {
        for (const text of texts) {
          const known = this.#ids.get(text) ?? this.#held.get(text)?.ids;
          const ids = known ?? (await this.#encodeSlowly(text, isOver));
          if (!ids) return;
          const others = this.#held.get(text)?.holders ?? 0;
          this.#held.set(text, { ids, holders: others + 1 });
          held.push(text);
        }
      });
    this.#holding[lane] = holding;
    await holding;
    return () => {
      for (const text of held) this.#release(text);
    };
  }

  /** Undefined when it was given up. */
  async #encodeSlowly(text: string, isOver: () => boolean): Promise<Uint32Array | undefined> {
    if (isOver()) return undefined;
    const ids: number[] = [];
    for (const _ of this.#tokenizer.encodeInPortions(text, ids)) {
      await nextTurn();
      if (isOver()) return undefined;
    }
    // Several times quicker than Uint32Array.from.
    const known = new Uint32Array(ids);
    await nextTurn();
    this.#counts.set(text, ids.length, { size: text.length + ENTRY_OVERHEAD });
    this.#ids.set(text, known, { size: ID_BYTES * ids.length + text.length + ENTRY_OVERHEAD });
    return known;
  }

  #release(text: string): void {
    const held = this.#held.get(text);
    if (!held) return;
    if (--held.holders === 0) this.#held.delete(text);
  }

  /** The number of tokens of `text`; remembered from the second time on. */
  count(text: string): number {
    if (text.length <= SHORT) return this.#tokenizer.count(text);
    const held = this.#held.size > 0 ? this.#held.get(text) : undefined;
    if (held) return held.ids.length;
    if (this.#isNew(text)) return this.#tokenizer.count(text);
    const known = this.#counts.get(text);
    if (known !== undefined) return known;
    const tokens = this.#tokenizer.count(text);
    this.#counts.set(text, tokens, { size: text.length + ENTRY_OVERHEAD });
    return tokens;
  }

  /**
   * Whether a text was not counted lately, by its length and some of its characters. Prompts that never come again are most of what a
   * server counts: to look them up and to remember them takes half as long as counting them.
   */
  #isNew(text: string): boolean {
    const { length } = text;
    const stride = Math.floor(length / SAMPLED);
    let name = length;
    for (let i = 0, at = 0; i < SAMPLED; i++, at += stride)
      name = Math.imul(name ^ text.charCodeAt(at), 0x01000193);
    const place = (name ^ (name >>> 16)) & (SEEN - 1);
    if (this.#seen[place] === name) return false;
    this.#seen[place] = name;
    return true;
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
