/** The generator that the options ask for. */
import type { Clock } from '../../lib/clock.js';
import type { DeadlineWheel, Gathering } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import type { Engine } from '../../simulator/engine.js';
import { FixedEngine } from '../../simulator/latency.js';
import { profileForModel } from '../../simulator/profile/catalogue.js';
import type { LatencyProfile } from '../../simulator/profile/profile.js';
import { ProfileEngine } from '../../simulator/profile/profile-engine.js';
import { baseModelOf } from '../../simulator/models/fine-tuned.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import { ClusterGenerator } from '../cluster/cluster-generator.js';
import type { ClusterLink } from '../cluster/messages.js';
import type { ServerOptions } from '../options.js';
import type { Generation, GenerationListener, GenerationRequest, Generator } from './generator.js';
import { InstantGenerator } from './instant.js';
import { fleetsOf, latencies, type Latency, otherLatency } from './latency.js';
import { OwnPaceGenerator } from './own-pace.js';
import { PacedGenerator } from './paced.js';
import { type InFlightPart, inFlightCounters } from './shared-in-flight.js';
import { CachingGenerator, PrefixMemory } from './prefix-memory.js';

/** What generators are made of. */
export interface GeneratorParts {
  options: ServerOptions;
  /** Models that the user described. */
  custom: readonly ModelInfo[];
  clock: Clock;
  /** The thread's. */
  wheel: DeadlineWheel;
  /** Where what is written for tokens that are ready together is held back until all of it has been made. */
  gathering?: Gathering | undefined;
  /** To the clusters, if any model is simulated. */
  link: ClusterLink | undefined;
  /** Of all threads together; a thread's own without it. */
  prefixes?: SharedArrayBuffer | undefined;
  /** Where requests in flight are counted, of all threads together; a thread's own without it. */
  inFlight?: InFlightPart | undefined;
}

/** Makes the generator of one thread. */
export function createGenerator(parts: GeneratorParts): Generator {
  const generator = generatorOfModels(parts);
  const { ttft, itl, timeScale } = parts.options;
  return new OwnPaceGenerator(generator, parts.wheel, { ttftMs: ttft / timeScale, itlMs: itl / timeScale });
}

function generatorOfModels({
  options,
  custom,
  clock,
  wheel,
  gathering,
  link,
  inFlight,
  prefixes,
}: GeneratorParts): Generator {
  const { lateness } = wheel;
  const models = fleetsOf(options, custom).map(({ model }) => model);
  const cachedBlockTokens = options.prefixCaching ? options.blockTokens : 0;
  const cluster = link && new ClusterGenerator({ link, models, clock, wheel, gathering, cachedBlockTokens });
  const { ttft, itl, jitter, jitterKind, seed, timeScale } = options;
  const scaled = { ttftMs: ttft / timeScale, itlMs: itl / timeScale, jitter, jitterKind, seed };
  const paced = new PacedGenerator(new FixedEngine(scaled), wheel);
  const instant = new InstantGenerator();
  const counters = inFlightCounters(inFlight);
  const profiled = new ProfileGenerator(
    options.profileData,
    (profile) => {
      const fixed = { ttftMs: ttft, itlMs: itl, jitter, jitterKind, seed };
      return new PacedGenerator(
        scaledEngine(new ProfileEngine({ profile, fixed, inFlight: counters(profile.name) }), timeScale),
        wheel,
      );
    },
    lateness,
  );
  const memory = new PrefixMemory(prefixes);
  const ownTimes = {
    instant: new CachingGenerator(instant, memory),
    fixed: new CachingGenerator(paced, memory),
    profile: new CachingGenerator(profiled, memory),
  };
  const by = (latency: Latency): Generator => {
    if (latency === 'physics' && cluster) return cluster;
    return ownTimes[latency === 'physics' ? 'fixed' : latency];
  };
  const byModel = new Map(
    [...latencies(options, custom)].map(([model, latency]) => [model, by(latency)] as const),
  );
  const others = by(otherLatency(options.latency));
  const alike = [...byModel.values()].every((generator) => generator === others);
  return alike ? others : new GeneratorByModel(byModel, others, lateness);
}

/** Each model at the pace of its profile. */
class ProfileGenerator implements Generator {
  /** By name; there are no more than profiles. */
  readonly #generators = new Map<string, Generator>();

  constructor(
    readonly profile: LatencyProfile | undefined,
    readonly create: (profile: LatencyProfile) => Generator,
    readonly lateness: LatenessHistogram,
  ) {}

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    const profile = this.profile ?? profileForModel(request.model);
    let generator = this.#generators.get(profile.name);
    if (!generator) this.#generators.set(profile.name, (generator = this.create(profile)));
    return generator.start(request, listener);
  }

  close(): void {}
}

/** The same instants, so many times as fast. */
const scaledEngine = (engine: Engine, timeScale: number): Engine => ({
  submit: (request, nowMs) => {
    const schedule = engine.submit(request, nowMs);
    return {
      nextMs: () => nowMs + (schedule.nextMs() - nowMs) / timeScale,
      release: () => schedule.release(),
    };
  },
});

/** Passes each request to the generator of its model; one that was fine-tuned runs where its base does. */
class GeneratorByModel implements Generator {
  constructor(
    readonly byModel: ReadonlyMap<string, Generator>,
    readonly others: Generator,
    readonly lateness: LatenessHistogram,
  ) {}

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    return this.#of(request.model).start(request, listener);
  }

  readyAtOnce(model: string, promptTokens: number): boolean {
    return this.#of(model).readyAtOnce?.(model, promptTokens) === true;
  }

  #of(model: string): Generator {
    return this.byModel.get(model) ?? this.byModel.get(baseModelOf(model)) ?? this.others;
  }

  close(): void {
    for (const generator of new Set([...this.byModel.values(), this.others])) generator.close();
  }
}
