/**
 * Prompt caching where no cluster is simulated: long prompts whose beginning was seen before report cached tokens, by
 * OpenAI's rules (from 1024 tokens on, in steps of 128, and exactly where a request marks it). It changes what is counted, not
 * how long an answer takes.
 */
import type { LatenessHistogram } from '../../lib/lateness.js';
import { chainKeys } from '../../simulator/cluster/kv/chain-keys.js';
import type {
  Generation,
  GenerationListener,
  GenerationRequest,
  GenerationUsage,
  Generator,
} from './generator.js';
import { type CacheMark, countedMarks, DEFAULT_CACHING, MIN_CACHED_TOKENS } from './prompt-caching.js';

/** Tokens of a step. */
const STEP_TOKENS = 128;
/** Prefixes that are remembered, at most; a new one takes the place of the one whose key ends alike. */
const SLOTS = 1 << 17;

/** Of a prefix: the halves of its key, and the second of the clock until which it is kept. */
const SLOT_INTEGERS = 3;

/** Memory for the {@link PrefixMemory} of a server: 1.5 MiB. */
export const sharePrefixes = (): SharedArrayBuffer =>
  new SharedArrayBuffer(SLOT_INTEGERS * SLOTS * Int32Array.BYTES_PER_ELEMENT);

/** What of a prompt was in the cache, and what was put there. */
export interface CacheUse {
  cachedTokens: number;
  cacheWriteTokens: number;
}

const UNUSED: CacheUse = { cachedTokens: 0, cacheWriteTokens: 0 };
const MIN_STEPS = MIN_CACHED_TOKENS / STEP_TOKENS;

/** Prefixes by their keys, in memory that all threads of a server share. */
export class PrefixMemory {
  readonly #slots: Int32Array;

  /** @param memory - of {@link sharePrefixes}; only this thread's without it */
  constructor(memory: SharedArrayBuffer = sharePrefixes()) {
    this.#slots = new Int32Array(memory);
  }

  /** Looks for the beginning of a prompt, then remembers the prompt; what is found is never the whole of it. */
  use(request: GenerationRequest): CacheUse {
    const { promptTokens, caching = DEFAULT_CACHING, cacheMarks } = request;
    if (promptTokens <= MIN_CACHED_TOKENS) return UNUSED;
    const nowS = Math.floor(request.arrivalMs / 1000);
    const span = { nowS, untilS: nowS + caching.retentionS };
    const marked = cacheMarks ? this.#useMarks(request, cacheMarks(), caching.explicit, span) : UNUSED;
    const stepped = caching.explicit ? UNUSED : this.#useSteps(request, span);
    const cachedTokens = Math.max(marked.cachedTokens, stepped.cachedTokens);
    const kept = Math.max(end(marked), end(stepped));
    return { cachedTokens, cacheWriteTokens: Math.max(0, kept - cachedTokens) };
  }

  #useSteps({ promptTokens, prefixHashes, model, cacheSalt = '' }: GenerationRequest, span: Span): CacheUse {
    if (!prefixHashes) return UNUSED;
    const hashes = prefixHashes(STEP_TOKENS);
    const steps = Math.min(hashes.length, Math.floor((promptTokens - 1) / STEP_TOKENS));
    if (steps < MIN_STEPS) return UNUSED;
    const keys = chainKeys(hashes, steps, `${model}\0${cacheSalt}`);
    // A key stands for all that comes before it: what was overwritten in between does not matter.
    let found = steps;
    while (found >= MIN_STEPS && !this.#has(keys, found - 1, span)) found--;
    for (let step = MIN_STEPS - 1; step < steps; step++) this.#put(keys, step, span);
    const cachedTokens = found < MIN_STEPS ? 0 : found * STEP_TOKENS;
    return { cachedTokens, cacheWriteTokens: steps * STEP_TOKENS - cachedTokens };
  }

  #useMarks(
    { promptTokens, model, cacheSalt = '' }: GenerationRequest,
    marks: readonly CacheMark[],
    explicit: boolean,
    span: Span,
  ): CacheUse {
    // Ends that are marked are found where they are marked again, and nowhere else.
    const keyOf = ({ hashes }: CacheMark): Int32Array =>
      chainKeys(hashes, hashes.length, `${model}\0${cacheSalt}\0marked`).subarray(-2);
    const counted = countedMarks(marks, explicit);
    const found = counted.found.findLast((mark) => this.#has(keyOf(mark), 0, span));
    for (const mark of counted.written) this.#put(keyOf(mark), 0, span);
    const cachedTokens = Math.min(found?.tokens ?? 0, promptTokens - 1);
    return {
      cachedTokens,
      cacheWriteTokens: Math.max(0, (counted.written.at(-1)?.tokens ?? 0) - cachedTokens),
    };
  }

  // Threads may write the parts of a slot at the same time: what comes of it is nobody's key.
  #has(keys: Int32Array, step: number, { nowS }: Span): boolean {
    const low = keys[2 * step]!;
    const at = SLOT_INTEGERS * (low & (SLOTS - 1));
    const isIt = this.#slots[at] === low && this.#slots[at + 1] === keys[2 * step + 1]!;
    return isIt && this.#slots[at + 2]! >= nowS;
  }

  /** What is kept longer for another request stays so. */
  #put(keys: Int32Array, step: number, span: Span): void {
    const low = keys[2 * step]!;
    const at = SLOT_INTEGERS * (low & (SLOTS - 1));
    const untilS = this.#has(keys, step, span) ? Math.max(this.#slots[at + 2]!, span.untilS) : span.untilS;
    this.#slots[at] = low;
    this.#slots[at + 1] = keys[2 * step + 1]!;
    this.#slots[at + 2] = untilS;
  }
}

/** Seconds of the server's clock. */
interface Span {
  nowS: number;
  untilS: number;
}

const end = ({ cachedTokens, cacheWriteTokens }: CacheUse): number => cachedTokens + cacheWriteTokens;

/** See the file's head. */
export class CachingGenerator implements Generator {
  readonly #inner: Generator;
  readonly #memory: PrefixMemory;

  constructor(inner: Generator, memory: PrefixMemory) {
    this.#inner = inner;
    this.#memory = memory;
  }

  get lateness(): LatenessHistogram {
    return this.#inner.lateness;
  }

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    // The choices of a request share their prompt, which counts once.
    const use = request.choice === 0 ? this.#memory.use(request) : UNUSED;
    return this.#inner.start(request, use === UNUSED ? listener : withCached(listener, use));
  }

  readyAtOnce(model: string, promptTokens: number): boolean {
    return promptTokens <= MIN_CACHED_TOKENS && this.#inner.readyAtOnce?.(model, promptTokens) === true;
  }

  close(): void {
    this.#inner.close();
  }
}

function withCached(listener: GenerationListener, use: CacheUse): GenerationListener {
  const cached = (usage: GenerationUsage): GenerationUsage => ({ ...usage, ...use });
  return {
    onAccepted: () => listener.onAccepted(),
    onTokens: (count, usage, readyMs, together) => listener.onTokens(count, cached(usage), readyMs, together),
    onFinished: (usage, readyMs) => listener.onFinished(cached(usage), readyMs),
    onFailed: (failure) => listener.onFailed(failure),
  };
}
