/** From settings to the simulated fleet. */
import type { SimulateSettings } from '../../config/schema.js';
import type { VirtualFleet } from '../../results/virtual-fleet.js';
import type { CostModel } from '../../simulator/cluster/cost.js';
import { createCostModel } from '../../simulator/cluster/cost-model.js';
import type { ClusterOptions } from '../../simulator/cluster/options.js';
import type { PolicySpec } from '../../simulator/cluster/router/create-policy.js';
import type { Workload } from '../../workloads/plan.js';

/** A fleet, ready to be built: all but who listens. */
export type FleetOptions = Omit<ClusterOptions, 'sink'> & { cost: CostModel };

/** GPUs of one replica. */
export const gpusPerReplica = ({ tp, pp }: Pick<SimulateSettings, 'tp' | 'pp'>): number => tp * pp;

/**
 * The fleet that the settings describe.
 *
 * @param workload - a trace says how many tokens its block hashes stand for
 * @throws FakeaiError FAKEAI_SETTING_INVALID for unknown models and GPUs, and for what does not fit
 */
export function fleetOptions(settings: SimulateSettings, workload: Workload): FleetOptions {
  const { gpuPrice } = settings;
  const policy: PolicySpec['policy'] & typeof settings.router = settings.router;
  const cost = createCostModel({
    architecture: settings.model,
    gpu: settings.gpu,
    tensorParallel: settings.tp,
    pipelineParallel: settings.pp,
    weightType: settings.weights,
    kvType: settings.kvType,
  });
  const options = {
    replicas: settings.replicas,
    cost,
    seed: settings.seed,
    scheduler: {
      maxNumSeqs: settings.maxNumSeqs,
      maxNumBatchedTokens: settings.maxNumBatchedTokens,
      maxQueue: settings.maxQueue,
    },
    cache: {
      blockTokens: settings.blockTokens,
      ...(workload.kind === 'trace' && { hashTokens: workload.trace.hashBlockTokens }),
      eviction: settings.eviction,
      prefixCaching: settings.prefixCaching,
    },
    router: { policy: { policy } },
    ...(gpuPrice !== undefined && { pricePerHour: () => gpuPrice * gpusPerReplica(settings) }),
  };
  return options;
}

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
