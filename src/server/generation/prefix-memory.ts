/**
 * Prompt caching where no cluster is simulated: long prompts whose beginning was seen before report cached tokens, by
 * OpenAI's rules (from 1024 tokens on, in steps of 128). It changes what is counted, not how long an answer takes.
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

/** Shortest prefix that is found again. */
const MIN_TOKENS = 1024;
/** Tokens of a step. */
const STEP_TOKENS = 128;
/** Prefixes that are remembered, at most; a new one takes the place of the one whose key ends alike. */
const SLOTS = 1 << 17;

/** Memory for the {@link PrefixMemory} of a server: 1 MiB. */
export const sharePrefixes = (): SharedArrayBuffer =>
  new SharedArrayBuffer(2 * SLOTS * Int32Array.BYTES_PER_ELEMENT);

/** Prefixes by their keys, in memory that all threads of a server share. */
export class PrefixMemory {
  readonly #keys: Int32Array;

  /** @param memory - of {@link sharePrefixes}; only this thread's without it */
  constructor(memory: SharedArrayBuffer = sharePrefixes()) {
    this.#keys = new Int32Array(memory);
  }

  /**
   * Looks for the beginning of a prompt, then remembers the prompt.
   *
   * @returns tokens of the longest prefix that was remembered; never the whole prompt
   */
  find({ promptTokens, prefixHashes, model, cacheSalt = '' }: GenerationRequest): number {
    if (promptTokens <= MIN_TOKENS || !prefixHashes) return 0;
    const hashes = prefixHashes(STEP_TOKENS);
    const steps = Math.min(hashes.length, Math.floor((promptTokens - 1) / STEP_TOKENS));
    const keys = chainKeys(hashes, steps, `${model}\0${cacheSalt}`);
    // A key stands for all that comes before it: what was overwritten in between does not matter.
    let found = steps;
    while (found >= MIN_TOKENS / STEP_TOKENS && !this.#has(keys, found - 1)) found--;
    for (let step = MIN_TOKENS / STEP_TOKENS - 1; step < steps; step++) this.#put(keys, step);
    return found < MIN_TOKENS / STEP_TOKENS ? 0 : found * STEP_TOKENS;
  }

  // Threads may write the halves of a key at the same time: what comes of it is nobody's key.
  #has(keys: Int32Array, step: number): boolean {
    const low = keys[2 * step]!;
    const at = 2 * (low & (SLOTS - 1));
    return this.#keys[at] === low && this.#keys[at + 1] === keys[2 * step + 1]!;
  }

  #put(keys: Int32Array, step: number): void {
    const low = keys[2 * step]!;
    const at = 2 * (low & (SLOTS - 1));
    this.#keys[at] = low;
    this.#keys[at + 1] = keys[2 * step + 1]!;
  }
}

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
    const cachedTokens = request.choice === 0 ? this.#memory.find(request) : 0;
    return this.#inner.start(request, cachedTokens === 0 ? listener : withCached(listener, cachedTokens));
  }

  close(): void {
    this.#inner.close();
  }
}

function withCached(listener: GenerationListener, cachedTokens: number): GenerationListener {
  const cached = (usage: GenerationUsage): GenerationUsage => ({ ...usage, cachedTokens });
  return {
    onAccepted: () => listener.onAccepted(),
    onTokens: (count, usage, readyMs, together) => listener.onTokens(count, cached(usage), readyMs, together),
    onFinished: (usage, readyMs) => listener.onFinished(cached(usage), readyMs),
    onFailed: (failure) => listener.onFailed(failure),
  };
}
