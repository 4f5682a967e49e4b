/** The simplest engine: one that takes a given time. */
import { createRandom, type Random } from '../lib/random.js';
import type { Engine, EngineRequest, TokenSchedule } from './engine.js';

/** What a {@link FixedEngine} is made of. */
export interface FixedLatency {
  /** Mean time to the first token. */
  ttftMs: number;
  /** Mean time between tokens. */
  itlMs: number;
  /** Standard deviation of both, as a share of them. */
  jitter: number;
  seed: number;
}

/**
 * A given time to the first token and between tokens, each drawn from a normal distribution and never below zero,
 * whatever the load is.
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
    let instantMs = nowMs;
    let meanMs = ttftMs;
    return {
      nextMs: () => {
        instantMs += random ? draw(random, meanMs, jitter) : meanMs;
        meanMs = itlMs;
        return instantMs;
      },
      release: () => {},
    };
  }
}

const draw = (random: Random, meanMs: number, jitter: number): number =>
  Math.max(0, meanMs * (1 + jitter * random.normal()));
