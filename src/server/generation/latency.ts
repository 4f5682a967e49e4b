/** How time passes for each model. */
import { findArchitecture, type FleetSettings } from '../../simulator/index.js';
import type { ModelFleet } from '../cluster/messages.js';
import type { ServerOptions } from '../options.js';

/** A way in which time passes. */
export type Latency = Exclude<ServerOptions['latency'], 'auto'>;

/** What {@link ServerOptions.latency} means for a model. */
export function latencyOf(latency: ServerOptions['latency'], model: string): Latency {
  if (latency !== 'auto') return latency;
  return findArchitecture(model) ? 'physics' : 'fixed';
}

/** The models that are simulated, each with its fleet. */
export function fleetsOf(options: ServerOptions): ModelFleet[] {
  return options.model
    .filter((model) => latencyOf(options.latency, model) === 'physics')
    .map((model) => ({ model, fleet: fleetOf(options, model) }));
}

function fleetOf(options: ServerOptions, model: string): FleetSettings {
  const { gpu, tp, pp, replicas, router, weights, kvType } = options;
  const { maxNumSeqs, maxNumBatchedTokens, maxQueue, blockTokens, eviction, prefixCaching } = options;
  return {
    model,
    gpu,
    tp,
    pp,
    replicas,
    router,
    weights,
    kvType,
    maxNumSeqs,
    maxNumBatchedTokens,
    maxQueue,
    blockTokens,
    eviction,
    prefixCaching,
  };
}
