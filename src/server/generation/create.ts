/** The generator that the options ask for. */
import type { Clock } from '../../lib/clock.js';
import type { DeadlineWheel } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import { FixedEngine } from '../../simulator/index.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import { ClusterGenerator } from '../cluster/cluster-generator.js';
import type { ClusterLink } from '../cluster/messages.js';
import type { ServerOptions } from '../options.js';
import type { Generation, GenerationListener, GenerationRequest, Generator } from './generator.js';
import { InstantGenerator } from './instant.js';
import { fleetsOf, latencies, type Latency, otherLatency } from './latency.js';
import { PacedGenerator } from './paced.js';

/** What generators are made of. */
export interface GeneratorParts {
  options: ServerOptions;
  /** Models that the user described. */
  custom: readonly ModelInfo[];
  clock: Clock;
  /** The thread's. */
  wheel: DeadlineWheel;
  /** To the clusters, if any model is simulated. */
  link: ClusterLink | undefined;
}

/** Makes the generator of one thread. */
export function createGenerator({ options, custom, clock, wheel, link }: GeneratorParts): Generator {
  const { lateness } = wheel;
  const models = fleetsOf(options, custom).map(({ model }) => model);
  const cluster = link && new ClusterGenerator({ link, models, clock, lateness });
  const { ttft, itl, jitter, seed, timeScale } = options;
  const scaled = { ttftMs: ttft / timeScale, itlMs: itl / timeScale, jitter, seed };
  const paced = new PacedGenerator(new FixedEngine(scaled), wheel);
  const instant = new InstantGenerator();
  const by = (latency: Latency): Generator =>
    latency === 'instant' ? instant : latency === 'physics' && cluster ? cluster : paced;
  const byModel = new Map(
    [...latencies(options, custom)].map(([model, latency]) => [model, by(latency)] as const),
  );
  const others = by(otherLatency(options.latency));
  const alike = [...byModel.values()].every((generator) => generator === others);
  return alike ? others : new GeneratorByModel(byModel, others, lateness);
}

/** Passes each request to the generator of its model. */
class GeneratorByModel implements Generator {
  constructor(
    readonly byModel: ReadonlyMap<string, Generator>,
    readonly others: Generator,
    readonly lateness: LatenessHistogram,
  ) {}

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    return (this.byModel.get(request.model) ?? this.others).start(request, listener);
  }

  close(): void {
    for (const generator of new Set([...this.byModel.values(), this.others])) generator.close();
  }
}
