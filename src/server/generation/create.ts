/** The generator that the options ask for. */
import type { Clock } from '../../lib/clock.js';
import type { DeadlineWheel } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import { FixedEngine } from '../../simulator/index.js';
import { ClusterGenerator } from '../cluster/cluster-generator.js';
import type { ClusterLink } from '../cluster/messages.js';
import type { ServerOptions } from '../options.js';
import type { Generation, GenerationListener, GenerationRequest, Generator } from './generator.js';
import { InstantGenerator } from './instant.js';
import { fleetsOf, latencyOf } from './latency.js';
import { PacedGenerator } from './paced.js';

/** What generators are made of. */
export interface GeneratorParts {
  options: ServerOptions;
  clock: Clock;
  /** The thread's. */
  wheel: DeadlineWheel;
  /** To the clusters, if any model is simulated. */
  link: ClusterLink | undefined;
}

/** What the server of one thread generates with. */
export interface Generators {
  /** For all models. */
  generator: Generator;
  /** For those that are simulated; undefined when none is. */
  cluster: ClusterGenerator | undefined;
}

/** Makes the generators of one thread. */
export function createGenerators({ options, clock, wheel, link }: GeneratorParts): Generators {
  const { lateness } = wheel;
  const models = fleetsOf(options).map(({ model }) => model);
  const cluster = link && new ClusterGenerator({ link, models, clock, lateness });
  const { ttft, itl, jitter, seed, timeScale } = options;
  const scaled = { ttftMs: ttft / timeScale, itlMs: itl / timeScale, jitter, seed };
  const paced = new PacedGenerator(new FixedEngine(scaled), wheel);
  const instant = new InstantGenerator();
  const byModel = new Map<string, Generator>(
    options.model.map((model) => {
      const latency = latencyOf(options.latency, model);
      return [model, latency === 'instant' ? instant : latency === 'physics' && cluster ? cluster : paced];
    }),
  );
  const [first = instant] = byModel.values();
  const alike = [...byModel.values()].every((generator) => generator === first);
  return { generator: alike ? first : new GeneratorByModel(byModel, first, lateness), cluster };
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
