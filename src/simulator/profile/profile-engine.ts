/** Tokens at the pace that a profile describes. */
import { createRandom } from '../../lib/random.js';
import type { Engine, EngineRequest, TokenSchedule } from '../engine.js';
import { drawerOf, type FixedLatency } from '../latency.js';
import { curveThrough } from './load-curve.js';
import type { LatencyProfile, PromptDependence } from './profile.js';
import { quantileFunction } from './quantiles.js';

/** What a {@link ProfileEngine} is made of. */
export interface ProfileOptions {
  profile: LatencyProfile;
  /** For what the profile does not say: the time between tokens. */
  fixed: FixedLatency;
  /** Engines that share the load: each sees its part of the requests in flight. Default 1. */
  engines?: number;
}

/** A prompt that is much shorter than those measured still takes this share of their time. */
const LEAST_SHARE = 0.05;

/** See the file's head. Counts what is in flight, for profiles that depend on it. */
export class ProfileEngine implements Engine {
  readonly #options: ProfileOptions;
  readonly #ttft: (score: number) => number;
  readonly #itl: ((score: number) => number) | undefined;
  readonly #ttftFactor: () => number;
  readonly #itlFactor: () => number;
  #inFlight = 0;

  constructor(options: ProfileOptions) {
    this.#options = options;
    const { ttft, itl, load } = options.profile;
    this.#ttft = quantileFunction(ttft);
    this.#itl = itl && quantileFunction(itl);
    this.#ttftFactor = this.#factor(load?.inFlight, load?.ttft);
    this.#itlFactor = this.#factor(load?.inFlight, load?.itl);
  }

  /** The factor of the load now, relative to that at which the profile was measured. */
  #factor(inFlight: readonly number[] | undefined, factors: readonly number[] | undefined): () => number {
    if (!inFlight || !factors) return () => 1;
    const { profile, engines = 1 } = this.#options;
    const curve = curveThrough(inFlight, factors);
    const measured = curve(profile.concurrency ?? 1);
    return () => curve(this.#inFlight * engines) / measured;
  }

  submit(request: EngineRequest, nowMs: number): TokenSchedule {
    const { profile, fixed } = this.#options;
    const { digest, choice, promptTokens } = request;
    const random = createRandom(fixed.seed, 'profile', digest.high, digest.low, choice);
    this.#inFlight++;
    const more = promptTokens - (profile.promptTokens ?? promptTokens);
    const ttftMs = lengthened(this.#ttft(random.normal()), more, profile.ttft) * this.#ttftFactor();
    const paceFactor = Math.exp((profile.itl?.streamSigma ?? 0) * random.normal());
    const chunk = profile.itl?.tokensPerChunk ?? 1;
    const draw = drawerOf(fixed, random);
    let instantMs = nowMs;
    let tokens = 0;
    const gap = (): number => {
      // Tokens of a chunk are ready with its first one; the time of all of them passes before.
      if (!this.#itl || !profile.itl) return draw(fixed.itlMs);
      if ((tokens - 1) % chunk !== 0) return 0;
      const ms = lengthened(this.#itl(random.normal()), more, profile.itl);
      return chunk * ms * paceFactor * this.#itlFactor();
    };
    let released = false;
    return {
      nextMs: () => {
        instantMs += tokens === 0 ? ttftMs : gap();
        tokens++;
        return instantMs;
      },
      release: () => {
        if (!released) this.#inFlight--;
        released = true;
      },
    };
  }
}

/** @param more - prompt tokens beyond those of the measurement; negative for fewer */
const lengthened = (ms: number, more: number, { perPromptTokenMs = 0 }: PromptDependence): number =>
  Math.max(LEAST_SHARE * ms, ms + more * perPromptTokenMs);
