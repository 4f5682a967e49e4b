/** The simplest engine: one that takes a given time. */
import { gammaSampler } from '../lib/gamma.js';
import { createRandom, type Random } from '../lib/random.js';
import type { Engine, EngineRequest, TokenSchedule } from './engine.js';

/**
 * Distributions with a given mean and variation: `normal` is cut at zero, `lognormal` has a longer tail, `gamma` one in
 * between.
 */
export type JitterKind = 'normal' | 'lognormal' | 'gamma';

/** What a {@link FixedEngine} is made of. */
export interface FixedLatency {
  /** Mean time to the first token. */
  ttftMs: number;
  /** Mean time between tokens. */
  itlMs: number;
  /** Standard deviation of both, as a share of them. */
  jitter: number;
  /** Distribution of the jitter. Default normal. */
  jitterKind?: JitterKind;
  seed: number;
}

/**
 * A given time to the first token and between tokens, each with its jitter and never below zero, whatever the load is.
 */
export class FixedEngine implements Engine {
  readonly #latency: FixedLatency;

  constructor(latency: FixedLatency) {
    this.#latency = latency;
  }

  submit(request: EngineRequest, nowMs: number): TokenSchedule {
    const { ttftMs, itlMs, jitter, seed } = this.#latency;
    const { digest, choice } = request;
    const random = jitter > 0 ? createRandom(seed, 'latency', digest.high, digest.low, choice) : undefined;
    const draw = random && drawerOf(this.#latency, random);
    return new FixedSchedule(nowMs, ttftMs, itlMs, draw);
  }
}

/** Instants as they are asked for. A class: numbers that closures share are made anew whenever they change. */
class FixedSchedule implements TokenSchedule {
  #instantMs: number;
  #meanMs: number;
  readonly #itlMs: number;
  readonly #draw: ((meanMs: number) => number) | undefined;

  constructor(nowMs: number, ttftMs: number, itlMs: number, draw: ((meanMs: number) => number) | undefined) {
    this.#instantMs = nowMs;
    this.#meanMs = ttftMs;
    this.#itlMs = itlMs;
    this.#draw = draw;
  }

  nextMs(): number {
    const meanMs = this.#meanMs;
    this.#meanMs = this.#itlMs;
    return (this.#instantMs += this.#draw ? this.#draw(meanMs) : meanMs);
  }

  release(): void {}
}

/** Draws times with a given mean. */
export function drawerOf(
  { jitter, jitterKind = 'normal' }: Pick<FixedLatency, 'jitter' | 'jitterKind'>,
  random: Random,
): (meanMs: number) => number {
  if (jitter === 0) return (meanMs) => meanMs;
  if (jitterKind === 'normal') return (meanMs) => Math.max(0, meanMs * (1 + jitter * random.normal()));
  const variance = jitter * jitter;
  if (jitterKind === 'gamma') {
    const sample = gammaSampler(random, 1 / variance);
    return (meanMs) => meanMs * sample();
  }
  const sigma = Math.sqrt(Math.log1p(variance));
  return (meanMs) => meanMs * Math.exp(sigma * random.normal() - (sigma * sigma) / 2);
}
