/**
 * Token buckets for requests and tokens per minute and per day, one set for each API key and model, shared by all threads.
 *
 * A bucket is one number, the instant at which it would be full again (the generic cell rate algorithm, ITU-T I.371): it
 * can be moved with one compare-and-swap, so that threads need neither locks nor messages.
 */
import { digestOf } from '../../lib/digest.js';
import {
  type Allowance,
  allowanceOf,
  limitGroupOf,
  type LimitKind,
  limitsRates,
  type RateLimits,
} from './tiers.js';

/** One bucket after a request. */
export interface BucketState {
  /** Units per {@link per}. */
  limit: number;
  per: 'minute' | 'day';
  remaining: number;
  /** Until it is full again. */
  resetMs: number;
}

/** What became of a request. */
export interface RateDecision {
  /** Of the buckets of requests that which takes longest until it is full, or which had too little. */
  requests: BucketState | undefined;
  /** The same of those of tokens. */
  tokens: BucketState | undefined;
  /** Which bucket had too little, and when it will have enough; never when `retryMs` is infinite. */
  refused: { bucket: 'requests' | 'tokens'; retryMs: number } | undefined;
}

/** Who asks what. */
export interface RateAsk {
  apiKey: string;
  kind: LimitKind;
  model: string;
}

const WINDOW_MS = { minute: 60_000, day: 86_400_000 } as const;
/** Keys and models that are known at a time; beyond that the one whose buckets are fullest is forgotten. */
const SLOTS = 4096;
const PROBES = 8;
/** Name, and when each of the buckets is full again, in microseconds. */
const FIELDS = 5;
const BUCKETS = { requests: { minute: 1, day: 2 }, tokens: { minute: 3, day: 4 } } as const;

/** The memory that all threads share; undefined without limits. */
export const shareRateLimits = (limits: RateLimits): SharedArrayBuffer | undefined =>
  limitsRates(limits) ? new SharedArrayBuffer(SLOTS * FIELDS * BigInt64Array.BYTES_PER_ELEMENT) : undefined;

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
  take({ apiKey, kind, model }: RateAsk, tokens: number, nowMs: number): RateDecision {
    const slot = this.#slotOf([apiKey, limitGroupOf(model)]);
    const allowance = allowanceOf(this.#limits, kind, model);
    const requests = this.#takeAll(slot, 'requests', allowance, 1, nowMs);
    const refusedRequest = refusal('requests', requests);
    const some = this.#takeAll(slot, 'tokens', allowance, refusedRequest ? 0 : tokens, nowMs);
    const refused = refusedRequest ?? refusal('tokens', some);
    return { requests: requests?.state, tokens: some?.state, refused };
  }

  /** From the bucket of the minute, then from that of the day, unless there was too little in the first. */
  #takeAll(
    slot: number,
    name: 'requests' | 'tokens',
    allowance: Allowance,
    units: number,
    nowMs: number,
  ): Taken | undefined {
    const { minute, day } = BUCKETS[name];
    const short = this.#takeFrom(slot + minute, units, 'minute', allowance[`${name}PerMinute`], nowMs);
    if (short && short.retryMs > 0) return short;
    const long = this.#takeFrom(slot + day, units, 'day', allowance[`${name}PerDay`], nowMs);
    if (!short || !long) return short ?? long;
    return long.retryMs > 0 || long.state.resetMs > short.state.resetMs ? long : short;
  }

  #takeFrom(
    cell: number,
    units: number,
    per: 'minute' | 'day',
    limit: number | undefined,
    nowMs: number,
  ): Taken | undefined {
    if (limit === undefined) return undefined;
    const unitMs = WINDOW_MS[per] / limit;
    for (;;) {
      const before = Atomics.load(this.#cells, cell);
      const fullMs = Math.max(Number(before) / 1000, nowMs);
      const afterMs = fullMs + units * unitMs;
      const missingMs = units === 0 ? 0 : afterMs - nowMs - WINDOW_MS[per];
      // A rounding error of a nanosecond must not refuse the last request of a full bucket.
      if (missingMs > 1e-3) {
        return { state: stateOf(limit, per, fullMs - nowMs), retryMs: units > limit ? Infinity : missingMs };
      }
      const after = BigInt(Math.round(afterMs * 1000));
      if (Atomics.compareExchange(this.#cells, cell, before, after) === before) {
        return { state: stateOf(limit, per, afterMs - nowMs), retryMs: 0 };
      }
    }
  }

  /** The cell of a name, which takes the place of another one when there is none. */
  #slotOf(parts: readonly string[]): number {
    const { high, low } = digestOf(parts);
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
    for (let bucket = 1; bucket < FIELDS; bucket++) Atomics.store(this.#cells, fullest + bucket, 0n);
    return fullest;
  }

  /** When the last of the buckets is full. */
  #debt(slot: number): bigint {
    let latest = 0n;
    for (let bucket = 1; bucket < FIELDS; bucket++) {
      const full = Atomics.load(this.#cells, slot + bucket);
      if (full > latest) latest = full;
    }
    return latest;
  }
}

interface Taken {
  state: BucketState;
  /** 0 when it was allowed. */
  retryMs: number;
}

function stateOf(limit: number, per: 'minute' | 'day', resetMs: number): BucketState {
  const remaining = Math.max(0, Math.floor((1 - resetMs / WINDOW_MS[per]) * limit + 1e-6));
  return { limit, per, remaining, resetMs: Math.max(0, resetMs) };
}

const refusal = (bucket: 'requests' | 'tokens', taken: Taken | undefined): RateDecision['refused'] =>
  taken && taken.retryMs > 0 ? { bucket, retryMs: taken.retryMs } : undefined;
