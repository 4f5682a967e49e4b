/** The simulated fleet of a run, as its run file names it. */
import { fleetFields } from '../../config/fleet-fields.js';
import type { SimulateSettings } from '../../config/schema.js';
import type { VirtualFleet } from '../../results/virtual-fleet.js';
import { weightTypeOf } from '../../simulator/fleet/cluster-options.js';
import type { SimulatedSettings } from './point.js';

/** Named by themselves, or not of the fleet. */
const SUMMARIZED = new Set([
  'gpu',
  'tp',
  'pp',
  'replicas',
  'router',
  'weights',
  'kvType',
  'maxNumSeqs',
  'maxNumBatchedTokens',
  'maxQueue',
  'blockTokens',
  'eviction',
  'prefixCaching',
]);

/** All other settings of the fleet that have a value. */
function optionsOf(settings: SimulateSettings): NonNullable<VirtualFleet['options']> {
  const entries = Object.keys(fleetFields)
    .filter((key) => !SUMMARIZED.has(key))
    .map((key) => [key, settings[key as keyof typeof fleetFields]] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as NonNullable<VirtualFleet['options']>;
}

/** The fleet as the run file names it. */
export function summarizeFleet(settings: SimulatedSettings): VirtualFleet {
  const { model, gpu, tp, pp, replicas, router, kvType, gpuPrice } = settings;
  const { maxNumSeqs, maxNumBatchedTokens, maxQueue, blockTokens, eviction, prefixCaching, abSplit } =
    settings;
  return {
    model,
    gpu,
    tensorParallel: tp,
    pipelineParallel: pp,
    replicas,
    router: abSplit === undefined ? router : `ab ${abSplit}`,
    weights: weightTypeOf(settings),
    kvType,
    maxNumSeqs,
    maxNumBatchedTokens,
    maxQueue,
    blockTokens,
    eviction,
    prefixCaching,
    options: optionsOf(settings),
    ...(gpuPrice !== undefined && { gpuPricePerHour: gpuPrice }),
  };
}
