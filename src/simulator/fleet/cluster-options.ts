/** From settings to the parts of a cluster. */
import { findArchitecture } from '../architectures/catalogue.js';
import type { CostModel } from '../cluster/cost.js';
import { createCostModel } from '../cluster/cost-model.js';
import type { CostModelOptions } from '../cluster/cost-options.js';
import type { CacheOptions, ClusterOptions, RouterOptions } from '../cluster/options.js';
import type { TierOptions } from '../cluster/kv/tiers.js';
import type { PolicySpec } from '../cluster/router/create-policy.js';
import type { SpeculationOptions } from '../cluster/speculation.js';
import type { WeightType } from '../hardware/gpu.js';
import { ModelRegistry } from '../models/registry.js';
import {
  type EngineSettings,
  type FleetSettings,
  gpusPerReplica,
  type RouterSettings,
} from './fleet-settings.js';
import { parseFailure, parseObjectives, parseSplit } from './parse-fleet.js';

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
  const { gpuPrice, prefillReplicas, kvTransferSpeed } = settings;
  const maxModelLen = settings.maxModelLen > 0 ? settings.maxModelLen : contextTokensOf(settings);
  const cost = createCostModel(costOptionsOf(settings));
  const speculation = speculationOf(settings);
  return {
    replicas: settings.replicas,
    cost,
    seed,
    scheduler: {
      maxNumSeqs: settings.maxNumSeqs,
      maxNumBatchedTokens: settings.maxNumBatchedTokens,
      maxQueue: settings.maxQueue,
      policy: settings.schedulingPolicy,
      chunkedPrefill: settings.chunkedPrefill,
      longPrefillTokenThreshold: settings.longPrefillTokenThreshold,
      kvPrefetch: settings.kvPrefetch,
    },
    ...(maxModelLen !== undefined && { maxModelLen }),
    cache: { ...cacheOf(settings, cost), ...(hashTokens !== undefined && { hashTokens }) },
    router: routerOf(settings),
    ...(speculation && { speculation }),
    ...(prefillReplicas > 0 && {
      disaggregation: { prefillReplicas, gigabytesPerSecond: kvTransferSpeed },
    }),
    failures: settings.failure.map(parseFailure),
    onCrash: settings.onCrash,
    ...(gpuPrice !== undefined && { pricePerHour: () => gpuPrice * gpusPerReplica(settings) }),
  };
}

/** The context window of the model, where it is known: engines take nothing longer. */
const contextTokensOf = ({
  model,
  customArchitecture,
}: Pick<FleetSettings, 'model' | 'customArchitecture'>): number | undefined =>
  customArchitecture ? customArchitecture.contextTokens : new ModelRegistry().find(model)?.contextTokens;

/** How the weights of a fleet are stored, with `auto` resolved. */
export const weightTypeOf = ({
  model,
  customArchitecture = findArchitecture(model),
  weights,
}: Pick<FleetSettings, 'model' | 'customArchitecture' | 'weights'>): WeightType =>
  weights === 'auto' ? (customArchitecture?.checkpoint ?? 'bf16') : weights;

/** What the cost model of a fleet is made of. */
export const costOptionsOf = (settings: FleetSettings): CostModelOptions => ({
  kind: settings.costModel,
  architecture: settings.customArchitecture ?? settings.model,
  gpu: settings.customGpu ?? settings.gpu,
  tensorParallel: settings.tp,
  pipelineParallel: settings.pp,
  expertParallel: settings.ep,
  attentionDataParallel: settings.attentionDp,
  weightType: weightTypeOf(settings),
  kvType: settings.kvType,
  ...(settings.kernels !== 'both' && { kernels: settings.kernels }),
  memory: {
    utilization: settings.gpuMemoryUtilization,
    reservedSequences: settings.maxNumSeqs,
    batchedTokens: settings.maxNumBatchedTokens,
  },
  ...(settings.costTables && { tables: settings.costTables }),
});

const GIB = 2 ** 30;
/** Fixed times of reads from the lower tiers, ms: a copy over PCIe, and a fourth-generation NVMe drive. */
const HOST_LATENCY_MS = 0.01;
const DISK_LATENCY_MS = 0.08;

function cacheOf(settings: EngineSettings, cost: CostModel): CacheOptions {
  const { blockTokens, eviction, prefixCaching, kvOffloadingSize, kvDiskSize } = settings;
  const blockBytes = blockTokens * cost.kvBytesPerToken;
  const tier = (name: string, gib: number, gigabytesPerSecond: number, latencyMs: number): TierOptions[] =>
    gib > 0
      ? [{ name, gigabytesPerSecond, latencyMs, capacityBlocks: Math.floor((gib * GIB) / blockBytes) }]
      : [];
  return {
    blockTokens,
    eviction,
    ttlMs: settings.cacheTtl,
    prefixCaching,
    tiers: [
      ...tier('host', kvOffloadingSize, settings.kvOffloadingSpeed, HOST_LATENCY_MS),
      ...tier('disk', kvDiskSize, settings.kvDiskSpeed, DISK_LATENCY_MS),
    ],
  };
}

/** By method: Dynamo's figures for MTP; EAGLE's and n-gram's are round figures of published acceptance rates. */
const ACCEPTANCE: Readonly<Record<SpeculationOptions['method'], (position: number) => number>> = {
  eagle: () => 0.7,
  mtp: (position) => [0.85, 0.3][position] ?? 0,
  ngram: () => 0.5,
};

function speculationOf(settings: EngineSettings): SpeculationOptions | undefined {
  const { speculativeMethod: method, numSpeculativeTokens, acceptanceRate } = settings;
  if (method === 'none') return undefined;
  const acceptance = Array.from(
    { length: numSpeculativeTokens },
    (_, position) => acceptanceRate ?? ACCEPTANCE[method](position),
  );
  return { method, acceptance };
}

function routerOf(settings: RouterSettings): RouterOptions {
  const { circuitBreaker, circuitBreakerOpen, circuitBreakerTtft } = settings;
  const { batchingWindow, batchingMax, coalescing } = settings;
  return {
    policy: policyOf(settings),
    ...(circuitBreaker > 0 && {
      circuitBreaker: {
        failureThreshold: circuitBreaker,
        openMs: circuitBreakerOpen,
        ...(circuitBreakerTtft > 0 && { slowTtftMs: circuitBreakerTtft }),
      },
    }),
    ...(batchingWindow > 0 && { batching: { windowMs: batchingWindow, maxRequests: batchingMax } }),
    coalescing,
  };
}

function policyOf(settings: RouterSettings): PolicySpec {
  const { sessionAffinity: ttlMs } = settings;
  const bare = (policy: RouterSettings['router']): PolicySpec => {
    if (policy === 'kv') return { policy, temperature: settings.routerTemperature };
    if (policy === 'adaptive') return { policy, ...parseObjectives(settings.routerObjectives) };
    return { policy };
  };
  // Inside the arms of a split, which keep sessions to themselves: around them it would take requests past them, uncounted.
  const one = (policy: RouterSettings['router']): PolicySpec =>
    ttlMs > 0 ? { policy: 'session', inner: bare(policy), ttlMs } : bare(policy);
  if (settings.abSplit === undefined) return one(settings.router);
  const arms = parseSplit(settings.abSplit);
  return { policy: 'ab', arms: arms.map(({ name, share }) => ({ name, share, router: one(name) })) };
}
