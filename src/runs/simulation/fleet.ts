/** The simulated fleet of a run, as its run file names it. */
import type { SimulateSettings } from '../../config/schema.js';
import type { VirtualFleet } from '../../results/virtual-fleet.js';

/** The fleet as the run file names it. */
export function summarizeFleet(settings: SimulateSettings): VirtualFleet {
  const { model, gpu, tp, pp, replicas, router, weights, kvType, gpuPrice } = settings;
  const { maxNumSeqs, maxNumBatchedTokens, maxQueue, blockTokens, eviction, prefixCaching } = settings;
  return {
    model,
    gpu,
    tensorParallel: tp,
    pipelineParallel: pp,
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
    ...(gpuPrice !== undefined && { gpuPricePerHour: gpuPrice }),
  };
}
