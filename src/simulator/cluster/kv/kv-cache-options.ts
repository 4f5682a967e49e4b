/** What a KV cache is made for. */
import type { EvictionPolicy } from './run-store.js';

export interface KvCacheOptions {
  /** Blocks in the memory of the replica. */
  totalBlocks: number;
  blockTokens: number;
  /** Tokens per cached unit, a multiple of `blockTokens`. */
  hashTokens: number;
  eviction: EvictionPolicy;
  /** Idle time after which a unit is forgotten, under `ttl`. */
  ttlMs: number;
  prefixCaching: boolean;
  /** Recurrent states are kept at multiples of so many tokens; 0 for models without. */
  stateTokens: number;
}
