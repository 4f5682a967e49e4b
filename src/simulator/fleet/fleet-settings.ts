/** What a simulated fleet is made of, as people set it; names follow vLLM's where it has them. */
import type { KvType, WeightType } from '../hardware/gpu.js';

/** One model on replicas of one kind behind a router. Plain values: they go to other threads as they are. */
export interface FleetSettings {
  /** Name of an architecture. */
  model: string;
  gpu: string;
  /** Tensor-parallel degree. */
  tp: number;
  /** Pipeline stages. */
  pp: number;
  replicas: number;
  router: 'round-robin' | 'random' | 'least-loaded' | 'kv' | 'adaptive';
  weights: WeightType;
  kvType: KvType;
  maxNumSeqs: number;
  maxNumBatchedTokens: number;
  maxQueue: number;
  /** Tokens per KV block. */
  blockTokens: number;
  eviction: 'lru' | 'lfu' | 'ttl';
  prefixCaching: boolean;
  /** Dollars per GPU-hour. */
  gpuPrice?: number | undefined;
}

/** GPUs of one replica. */
export const gpusPerReplica = ({ tp, pp }: Pick<FleetSettings, 'tp' | 'pp'>): number => tp * pp;
