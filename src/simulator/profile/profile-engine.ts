/** Tokens at the pace that a profile describes. */
import { createRandom } from '../../lib/random.js';
import type { Engine, EngineRequest, TokenSchedule } from '../engine.js';
import { drawerOf, type FixedLatency } from '../latency.js';
import type { Dependence, LatencyProfile } from './profile.js';
import { quantileFunction } from './quantiles.js';

/** What a {@link ProfileEngine} is made of. */
export interface ProfileOptions {
  profile: LatencyProfile;
  /** For what the profile does not say: the time between tokens. */
  fixed: FixedLatency;
  /** Engines that share the load: each sees its part of the requests in flight. Default 1. */
  engines?: number;
}

/** See the file's head. Counts what is in flight, for profiles that depend on it. */
export class ProfileEngine implements Engine {
  readonly #options: ProfileOptions;
  readonly #ttft: (score: number) => number;
  readonly #itl: ((score: number) => number) | undefined;
  #inFlight = 0;

  constructor(options: ProfileOptions) {
    this.#options = options;
    this.#ttft = quantileFunction(options.profile.ttft);
    this.#itl = options.profile.itl && quantileFunction(options.profile.itl);
  }

  submit(request: EngineRequest, nowMs: number): TokenSchedule {
    const { profile, fixed } = this.#options;
    const { digest, choice, promptTokens } = request;
    const random = createRandom(fixed.seed, 'profile', digest.high, digest.low, choice);
    this.#inFlight++;
    const { promptTokens: measuredTokens = promptTokens, perPromptTokenMs = 0 } = profile.ttft;
    const more = (promptTokens - measuredTokens) * perPromptTokenMs;
    const ttftMs = Math.max(0, this.#ttft(random.normal()) + more) * this.#loadFactor(profile.ttft);
    const paceFactor = Math.exp((profile.itl?.streamSigma ?? 0) * random.normal());
    const chunk = profile.itl?.tokensPerChunk ?? 1;
    const draw = drawerOf(fixed, random);
    let instantMs = nowMs;
    let tokens = 0;
    const gap = (): number => {
      // Tokens of a chunk are ready with its first one; the time of all of them passes before.
      if (!this.#itl || !profile.itl) return draw(fixed.itlMs);
      if ((tokens - 1) % chunk !== 0) return 0;
      return chunk * this.#itl(random.normal()) * paceFactor * this.#loadFactor(profile.itl);
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

  #loadFactor({ concurrency = 1, perRequestShare = 0 }: Dependence): number {
    const inFlight = this.#inFlight * (this.#options.engines ?? 1);
    return Math.max(0.1, 1 + perRequestShare * (inFlight - concurrency));
  }
}
