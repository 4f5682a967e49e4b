/** From settings to the parts of a cluster. */
import type { CostModel } from '../cluster/cost.js';
import { createCostModel } from '../cluster/cost-model.js';
import type { ClusterOptions } from '../cluster/options.js';
import { type FleetSettings, gpusPerReplica } from './fleet-settings.js';

/** A fleet, ready to be built: all but who listens. */
export type FleetOptions = Omit<ClusterOptions, 'sink'> & { cost: CostModel };

/** What is not of the fleet itself. */
export interface FleetCircumstances {
  /** Decides all chance. */
  seed: number;
  /** Tokens that each block hash of a request stands for. Default: the KV block. */
  hashTokens?: number;
}

/**
 * The fleet that the settings describe.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for unknown models and GPUs, and for what does not fit
 */
export function fleetOptions(
  settings: FleetSettings,
  { seed, hashTokens }: FleetCircumstances,
): FleetOptions {
  const { gpuPrice } = settings;
  const cost = createCostModel({
    architecture: settings.model,
    gpu: settings.gpu,
    tensorParallel: settings.tp,
    pipelineParallel: settings.pp,
    weightType: settings.weights,
    kvType: settings.kvType,
  });
  return {
    replicas: settings.replicas,
    cost,
    seed,
    scheduler: {
      maxNumSeqs: settings.maxNumSeqs,
      maxNumBatchedTokens: settings.maxNumBatchedTokens,
      maxQueue: settings.maxQueue,
    },
    cache: {
      blockTokens: settings.blockTokens,
      ...(hashTokens !== undefined && { hashTokens }),
      eviction: settings.eviction,
      prefixCaching: settings.prefixCaching,
    },
    router: { policy: { policy: settings.router } },
    ...(gpuPrice !== undefined && { pricePerHour: () => gpuPrice * gpusPerReplica(settings) }),
  };
}
