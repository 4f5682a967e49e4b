/** Tokens at the pace that a profile describes. */
import { createRandom, type Random } from '../../lib/random.js';
import type { Engine, EngineRequest, TokenSchedule } from '../engine.js';
import { drawerOf, type FixedLatency } from '../latency.js';
import { curveThrough } from './load-curve.js';
import { LoadLevels, timeOf } from './load-levels.js';
import type { LatencyProfile } from './profile.js';

/** Counts the requests in flight, of whoever shares the load. */
export interface InFlight {
  /** One more, or one less. */
  add(change: 1 | -1): void;
  readonly count: number;
}

/** What a {@link ProfileEngine} is made of. */
export interface ProfileOptions {
  profile: LatencyProfile;
  /** For what the profile does not say: the time between tokens. */
  fixed: FixedLatency;
  /** Default: the engine's own requests. */
  inFlight?: InFlight;
}

/** The times of a profile at a load: `more` prompt tokens than were measured. */
interface Times {
  ttftMs(inFlight: number, score: number, more: number): number;
  /** Undefined where the profile does not say. */
  readonly itlMs: ((inFlight: number, random: Random, more: number) => number) | undefined;
  streamSigma(inFlight: number): number;
}

/** A counter of one engine alone. */
export class OwnInFlight implements InFlight {
  count = 0;

  add(change: 1 | -1): void {
    this.count += change;
  }
}

/** See the file's head. Counts what is in flight, for profiles that depend on it. */
export class ProfileEngine implements Engine {
  readonly #options: ProfileOptions;
  readonly #times: Times;
  readonly #inFlight: InFlight;

  constructor(options: ProfileOptions) {
    this.#options = options;
    this.#inFlight = options.inFlight ?? new OwnInFlight();
    this.#times = timesOf(options.profile);
  }

  submit(request: EngineRequest, nowMs: number): TokenSchedule {
    const { profile, fixed } = this.#options;
    const times = this.#times;
    const inFlight = this.#inFlight;
    const { digest, choice, promptTokens } = request;
    const random = createRandom(fixed.seed, 'profile', digest.high, digest.low, choice);
    inFlight.add(1);
    const more = promptTokens - (profile.promptTokens ?? promptTokens);
    const ttftMs = times.ttftMs(inFlight.count, random.normal(), more);
    const pace = random.normal();
    const chunks = chunksOf(profile.itl?.tokensPerChunk ?? 1, random);
    const draw = drawerOf(fixed, random);
    let instantMs = nowMs;
    let tokens = 0;
    const gap = (): number => {
      if (!times.itlMs) return draw(fixed.itlMs);
      // Tokens of a chunk are ready with its first one; the time of all of them passes before.
      const chunk = chunks();
      if (chunk === 0) return 0;
      const { count } = inFlight;
      const ms = times.itlMs(count, random, more);
      return chunk * ms * Math.exp(times.streamSigma(count) * pace);
    };
    let released = false;
    return {
      nextMs: () => {
        instantMs += tokens === 0 ? ttftMs : gap();
        tokens++;
        return instantMs;
      },
      release: () => {
        if (!released) inFlight.add(-1);
        released = true;
      },
    };
  }
}

/**
 * For each token after the first: the tokens of the chunk that begins with it, or 0 inside one. A mean between two whole numbers is
 * made of both.
 */
function chunksOf(mean: number, random: Random): () => number {
  const low = Math.floor(mean);
  const share = mean - low;
  let left = 0;
  return () => {
    if (left > 0) {
      left--;
      return 0;
    }
    const size = share > 0 && random.next() < share ? low + 1 : low;
    left = size - 1;
    return size;
  };
}

function timesOf(profile: LatencyProfile): Times {
  if (profile.levels) {
    const levels = new LoadLevels(profile.levels);
    return {
      ttftMs: (inFlight, score, more) => levels.ttftMs(inFlight, score, more),
      itlMs: levels.hasItl
        ? (inFlight, random, more) => levels.itlMs(inFlight, random.normal(), more, random.next())
        : undefined,
      streamSigma: (inFlight) => levels.streamSigma(inFlight),
    };
  }
  const { ttft, itl } = profile;
  const first = timeOf(ttft);
  const next = itl && timeOf(itl);
  const ttftFactor = factorOf(profile, 'ttft');
  const itlFactor = factorOf(profile, 'itl');
  return {
    ttftMs: (inFlight, score, more) => first(score, more) * ttftFactor(inFlight),
    itlMs: next && ((inFlight, random, more) => next(random.normal(), more) * itlFactor(inFlight)),
    streamSigma: () => itl?.streamSigma ?? 0,
  };
}

/** The factor of a load, relative to that at which the profile was measured. */
function factorOf(
  { load, concurrency = 1 }: LatencyProfile,
  of: 'ttft' | 'itl',
): (inFlight: number) => number {
  if (!load) return () => 1;
  const curve = curveThrough(load.inFlight, load[of]);
  const measured = curve(concurrency);
  return (inFlight) => curve(inFlight) / measured;
}
