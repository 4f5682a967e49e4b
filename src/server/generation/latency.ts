/** How time passes for each model. */
import { FakeaiError } from '../../lib/errors.js';
import { pickFleet } from '../../simulator/fleet/fleet-settings.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import type { ModelFleet } from '../cluster/messages.js';
import { ServedModels } from '../models/served-models.js';
import type { ServerOptions } from '../options.js';

/** A way in which time passes. */
export type Latency = Exclude<ServerOptions['latency'], 'auto'>;

/** The part of the options that decides it. */
type LatencyOptions = Pick<ServerOptions, 'model' | 'latency' | 'unknownModels'>;

/** How time passes for the models that are named; for all others it is as {@link otherLatency} says. */
export function latencies(options: LatencyOptions, custom: readonly ModelInfo[]): Map<string, Latency> {
  const served = new ServedModels({ model: options.model, custom, unknown: options.unknownModels });
  return new Map(options.model.map((id) => [id, latencyOf(options.latency, served.info(id))]));
}

/** A published shape is simulated by itself; one that stands in for it only when somebody says so. */
function latencyOf(latency: ServerOptions['latency'], model: ModelInfo): Latency {
  if (latency !== 'auto') return latency;
  return model.architecture !== undefined && model.architectureIsStandIn !== true ? 'physics' : 'fixed';
}

/** How time passes for models that are not named. */
export const otherLatency = (latency: ServerOptions['latency']): Latency =>
  latency === 'auto' ? 'fixed' : latency;

/**
 * The models that are simulated, each with its fleet.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID when all are to be simulated and none is named, or when a setting of the fleet was given
 * and nothing is simulated
 */
export function fleetsOf(options: ServerOptions, custom: readonly ModelInfo[] = []): ModelFleet[] {
  if (options.latency === 'physics' && options.model.length === 0) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: 'latency',
      problem: 'physics simulates a fleet for each model, and no model is named',
      hint: 'Name what is to be simulated, such as --model llama-3.3-70b.',
    });
  }
  const served = new ServedModels({ model: options.model, custom, unknown: options.unknownModels });
  const fleets = [...latencies(options, custom)]
    .filter(([, latency]) => latency === 'physics')
    .map(([model]) => {
      const { architecture = model, shape, contextTokens } = served.info(model);
      const { costTables, customGpu } = options;
      const parts = pickFleet(options);
      // That of the model, not of an architecture that stands in for its own.
      const maxModelLen = parts.maxModelLen > 0 ? parts.maxModelLen : contextTokens;
      return {
        model,
        fleet: {
          ...parts,
          maxModelLen,
          model: architecture,
          customArchitecture: shape,
          customGpu,
          costTables,
        },
      };
    });
  if (fleets.length === 0) refuseIdleFleet(options);
  return fleets;
}

/** Nothing is simulated: a setting of the fleet would silently do nothing. */
function refuseIdleFleet({ model, fleetGiven }: ServerOptions): void {
  if (fleetGiven === undefined) return;
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: fleetGiven,
    problem: `has no effect: no architecture of ${model.join(' or ')} is published, so nothing is simulated`,
    hint: 'Use --latency physics, which takes an architecture of about its speed, or leave this out.',
  });
}
