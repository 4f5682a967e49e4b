/**
 * Token buckets for requests and tokens per minute, one pair for each API key, shared by all threads.
 *
 * A bucket is one number, the instant at which it would be full again (the generic cell rate algorithm, ITU-T I.371): it
 * can be moved with one compare-and-swap, so that threads need neither locks nor messages.
 */
import { digestOf } from '../../lib/digest.js';

/** What is allowed; undefined is no limit. */
export interface RateLimits {
  rateLimitRpm?: number | undefined;
  rateLimitTpm?: number | undefined;
}

/** One bucket after a request. */
export interface BucketState {
  /** Units per minute. */
  limit: number;
  remaining: number;
  /** Until it is full again. */
  resetMs: number;
}

/** What became of a request. */
export interface RateDecision {
  requests: BucketState | undefined;
  tokens: BucketState | undefined;
  /** Which bucket had too little, and when it will have enough; never when `retryMs` is infinite. */
  refused: { bucket: 'requests' | 'tokens'; retryMs: number } | undefined;
}

const MINUTE_MS = 60_000;
/** Keys that are known at a time; beyond that the one whose buckets are fullest is forgotten. */
const SLOTS = 4096;
const PROBES = 8;
/** Key, and when the bucket of requests and that of tokens is full again, in microseconds. */
const FIELDS = 3;
const BUCKETS = { requests: 1, tokens: 2 } as const;

/** The memory that all threads share; undefined without limits. */
export const shareRateLimits = ({ rateLimitRpm, rateLimitTpm }: RateLimits): SharedArrayBuffer | undefined =>
  rateLimitRpm === undefined && rateLimitTpm === undefined
    ? undefined
    : new SharedArrayBuffer(SLOTS * FIELDS * BigInt64Array.BYTES_PER_ELEMENT);

/** See the file's head. */
export class RateLimiter {
  readonly #cells: BigInt64Array;
  readonly #limits: RateLimits;

  constructor(memory: SharedArrayBuffer, limits: RateLimits) {
    this.#cells = new BigInt64Array(memory);
    this.#limits = limits;
  }

  /**
   * Takes one request and so many tokens from the buckets of a key. A refused request has still been a request.
   *
   * @param nowMs - on a clock that all threads share
   */
  take(key: string, tokens: number, nowMs: number): RateDecision {
    const slot = this.#slotOf(key);
    const { rateLimitRpm, rateLimitTpm } = this.#limits;
    const requests = this.#takeFrom(slot + BUCKETS.requests, 1, rateLimitRpm, nowMs);
    const refusedRequest = refusal('requests', requests);
    const some = this.#takeFrom(slot + BUCKETS.tokens, refusedRequest ? 0 : tokens, rateLimitTpm, nowMs);
    const refused = refusedRequest ?? refusal('tokens', some);
    return { requests: requests?.state, tokens: some?.state, refused };
  }

  #takeFrom(cell: number, units: number, limit: number | undefined, nowMs: number): Taken | undefined {
    if (limit === undefined) return undefined;
    const unitMs = MINUTE_MS / limit;
    for (;;) {
      const before = Atomics.load(this.#cells, cell);
      const fullMs = Math.max(Number(before) / 1000, nowMs);
      const afterMs = fullMs + units * unitMs;
      const missingMs = units === 0 ? 0 : afterMs - nowMs - MINUTE_MS;
      // A rounding error of a nanosecond must not refuse the last request of a full bucket.
      if (missingMs > 1e-3) {
        return { state: stateOf(limit, fullMs - nowMs), retryMs: units > limit ? Infinity : missingMs };
      }
      const after = BigInt(Math.round(afterMs * 1000));
      if (Atomics.compareExchange(this.#cells, cell, before, after) === before) {
        return { state: stateOf(limit, afterMs - nowMs), retryMs: 0 };
      }
    }
  }

  /** The cell of a key, which takes the place of another one when there is none. */
  #slotOf(key: string): number {
    const { high, low } = digestOf([key]);
    // Zero is a free slot.
    const name = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)) || 1n;
    let fullest = -1;
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = ((low + probe) % SLOTS) * FIELDS;
      const found = Atomics.compareExchange(this.#cells, slot, 0n, name);
      if (found === 0n || found === name) return slot;
      if (fullest < 0 || this.#debt(slot) < this.#debt(fullest)) fullest = slot;
    }
    Atomics.store(this.#cells, fullest, name);
    for (const bucket of Object.values(BUCKETS)) Atomics.store(this.#cells, fullest + bucket, 0n);
    return fullest;
  }

  #debt(slot: number): bigint {
    const requests = Atomics.load(this.#cells, slot + BUCKETS.requests);
    const tokens = Atomics.load(this.#cells, slot + BUCKETS.tokens);
    return requests > tokens ? requests : tokens;
  }
}

interface Taken {
  state: BucketState;
  /** 0 when it was allowed. */
  retryMs: number;
}

function stateOf(limit: number, resetMs: number): BucketState {
  const remaining = Math.max(0, Math.floor(((MINUTE_MS - resetMs) / MINUTE_MS) * limit + 1e-6));
  return { limit, remaining, resetMs: Math.max(0, resetMs) };
}

const refusal = (bucket: 'requests' | 'tokens', taken: Taken | undefined): RateDecision['refused'] =>
  taken && taken.retryMs > 0 ? { bucket, retryMs: taken.retryMs } : undefined;
