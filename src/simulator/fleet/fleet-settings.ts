/** What a simulated fleet is made of, as people set it; names follow vLLM's where it has them. */
import type { CostTables } from '../cluster/cost-options.js';
import type { Architecture } from '../architectures/architecture.js';
import type { Gpu, Kernels, KvType, WeightType } from '../hardware/gpu.js';

/** One model on replicas of one kind behind a router. Plain values: they go to other threads as they are. */
export interface FleetSettings extends HardwareSettings, EngineSettings, RouterSettings, FailureSettings {
  /** Name of an architecture. */
  model: string;
  /** Its shape, when it is none of the catalogue. */
  customArchitecture?: Architecture | undefined;
  /** The figures of `gpu`, when it is none of the catalogue. */
  customGpu?: Gpu | undefined;
  /** Dollars per GPU-hour. */
  gpuPrice?: number | undefined;
  /** Measurements for the `table` cost model. */
  costTables?: CostTables | undefined;
}

/** What steps are computed on. */
export interface HardwareSettings {
  gpu: string;
  /** Tensor-parallel degree. */
  tp: number;
  /** Pipeline stages. */
  pp: number;
  /** Expert-parallel groups. */
  ep: number;
  /** Data-parallel attention. */
  attentionDp: boolean;
  replicas: number;
  /** `auto`: as the model is published. */
  weights: WeightType | 'auto';
  kvType: KvType;
  /** Whose kernels; `both`: a fit of both engines together. */
  kernels: Kernels | 'both';
  /** Share of a GPU's memory that the engine may use. */
  gpuMemoryUtilization: number;
  costModel: 'analytic' | 'table' | 'polynomial';
}

/** The engine of a replica. Durations are in milliseconds. */
export interface EngineSettings {
  maxNumSeqs: number;
  maxNumBatchedTokens: number;
  /** Longest prompt plus answer; 0 for the context window of the model, or what fits into the memory. */
  maxModelLen: number;
  maxQueue: number;
  schedulingPolicy: 'fcfs' | 'priority';
  chunkedPrefill: boolean;
  /** Most tokens of one prompt in a step; 0 for no limit of its own. */
  longPrefillTokenThreshold: number;
  /** Tokens per KV block. */
  blockTokens: number;
  eviction: 'lru' | 'lfu' | 'ttl';
  cacheTtl: number;
  prefixCaching: boolean;
  /** GiB of host memory per replica for blocks that the GPUs have no room for. */
  kvOffloadingSize: number;
  /** The same on a disk, below it. */
  kvDiskSize: number;
  /** Gigabytes per second from host memory. */
  kvOffloadingSpeed: number;
  /** And from disk. */
  kvDiskSpeed: number;
  /** Load blocks from the memories below when a request is queued. */
  kvPrefetch: boolean;
  speculativeMethod: 'none' | 'eagle' | 'mtp' | 'ngram';
  numSpeculativeTokens: number;
  /** Probability that a draft is accepted if those before it were. Default: by the method. */
  acceptanceRate?: number | undefined;
  /** Replicas that only compute prompts; 0 for none. */
  prefillReplicas: number;
  /** Gigabytes per second out of a prefill replica. */
  kvTransferSpeed: number;
}

/** The router in front of the replicas. */
export interface RouterSettings {
  router: 'round-robin' | 'random' | 'least-loaded' | 'kv' | 'adaptive';
  /** Of `kv`. */
  routerTemperature: number;
  /** Of `adaptive`: `latency=0.5,throughput=0.3,cost=0.2`. */
  routerObjectives?: string | undefined;
  /** Routers and their shares of the traffic, such as `kv=9,round-robin=1`; takes the place of `router`. */
  abSplit?: string | undefined;
  /** How long a conversation stays on its replica while idle; 0 for not at all. */
  sessionAffinity: number;
  /** Failures in a row that open a replica's circuit; 0 for no circuit breaker. */
  circuitBreaker: number;
  circuitBreakerOpen: number;
  /** A first token later than this counts as a failure; 0 for never. */
  circuitBreakerTtft: number;
  /** How long requests are held to be placed together; 0 for not at all. */
  batchingWindow: number;
  batchingMax: number;
  /** Compute equal requests in flight once. */
  coalescing: boolean;
}

/** What goes wrong. */
export interface FailureSettings {
  /** See {@link parseFailure}. */
  failure: readonly string[];
  onCrash: 'requeue' | 'fail';
}

/** GPUs of one replica. */
export const gpusPerReplica = ({ tp, pp }: Pick<FleetSettings, 'tp' | 'pp'>): number => tp * pp;

const keysOf = <T>(keys: { readonly [K in keyof Required<T>]: true }): readonly (keyof T)[] =>
  Object.keys(keys) as (keyof T)[];

/** All keys but the model's, the price's and the tables'. */
const FLEET_KEYS = [
  ...keysOf<HardwareSettings>({
    gpu: true,
    tp: true,
    pp: true,
    ep: true,
    attentionDp: true,
    replicas: true,
    weights: true,
    kvType: true,
    kernels: true,
    gpuMemoryUtilization: true,
    costModel: true,
  }),
  ...keysOf<EngineSettings>({
    maxNumSeqs: true,
    maxNumBatchedTokens: true,
    maxModelLen: true,
    maxQueue: true,
    schedulingPolicy: true,
    chunkedPrefill: true,
    longPrefillTokenThreshold: true,
    blockTokens: true,
    eviction: true,
    cacheTtl: true,
    prefixCaching: true,
    kvOffloadingSize: true,
    kvDiskSize: true,
    kvOffloadingSpeed: true,
    kvDiskSpeed: true,
    kvPrefetch: true,
    speculativeMethod: true,
    numSpeculativeTokens: true,
    acceptanceRate: true,
    prefillReplicas: true,
    kvTransferSpeed: true,
  }),
  ...keysOf<RouterSettings>({
    router: true,
    routerTemperature: true,
    routerObjectives: true,
    abSplit: true,
    sessionAffinity: true,
    circuitBreaker: true,
    circuitBreakerOpen: true,
    circuitBreakerTtft: true,
    batchingWindow: true,
    batchingMax: true,
    coalescing: true,
  }),
  ...keysOf<FailureSettings>({ failure: true, onCrash: true }),
] as const;

/** What a fleet has beside its model. */
export type FleetParts = HardwareSettings & EngineSettings & RouterSettings & FailureSettings;

/** The settings of the fleet, of settings that have others too. */
export const pickFleet = (settings: FleetParts): FleetParts =>
  Object.fromEntries(FLEET_KEYS.map((key) => [key, settings[key]])) as unknown as FleetParts;
