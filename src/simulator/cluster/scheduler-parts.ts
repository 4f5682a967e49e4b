/** What a scheduler is made of, and who hears from it. */
import type { CostModel } from './cost.js';
import type { KvCache } from './kv/kv-cache.js';
import type { TierStack } from './kv/tiers.js';
import type { Sequence } from './sequence.js';
import type { Speculator } from './speculation.js';
import type { QueuePolicy } from './waiting-queue.js';

export interface SchedulerOptions {
  /** Sequences in a batch. */
  maxNumSeqs: number;
  /** Tokens computed in a step, by each data-parallel rank and each microbatch of a pipeline. */
  maxNumBatchedTokens: number;
  policy: QueuePolicy;
  /** Without it a prompt is computed in one step or waits. */
  chunkedPrefill: boolean;
  /** Most tokens of one prompt in a step; 0 for no limit of its own. */
  longPrefillTokenThreshold: number;
  /** Requests that may wait on one replica; one more is rejected with `queue_full`. */
  maxQueue: number;
  /** Load what lower tiers hold of a prompt when it is queued, not only when it is its turn. */
  kvPrefetch: boolean;
}

/** Hears about admissions. */
export interface AdmissionListener {
  firstScheduled(sequence: Sequence, atMs: number): void;
  /** Blocks are reserved and a load from a lower tier has begun. */
  loading(sequence: Sequence): void;
  /** The first `units` units of a sequence are in place: its load from a lower tier has ended. */
  loaded(sequence: Sequence, units: number, atMs: number): void;
}

/** What of a replica its scheduler needs. */
export interface SchedulerParts {
  readonly scheduler: SchedulerOptions;
  readonly kv: KvCache;
  readonly speculator: Speculator;
  readonly tiers: TierStack | undefined;
  readonly cost: Pick<CostModel, 'lanes' | 'stages'>;
}
