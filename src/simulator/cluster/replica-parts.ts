/** What a replica is made of, and what it asks of its cluster. */
import type { CostModel } from './cost.js';
import type { Delivery } from './delivery.js';
import type { KvCache } from './kv/kv-cache.js';
import type { TierStack } from './kv/tiers.js';
import type { Row } from './replica-row.js';
import type { SchedulerOptions } from './scheduler-parts.js';
import type { Sequence } from './sequence.js';
import type { Speculator } from './speculation.js';

/** What a replica needs from the cluster. */
export interface ReplicaHost {
  readonly delivery: Delivery;
  /** Report each step when it is due, rather than a whole run at its end. */
  readonly stepwise: boolean;
  /** The replica's next event changed. */
  wake(replica: number, atMs: number): void;
  /** A prefill replica has produced the first token; the blocks stay until `Replica.handedOver`. */
  handOver(sequence: Sequence, nowMs: number): void;
}

export interface ReplicaParts {
  readonly index: number;
  /** Where its numbers stand. */
  readonly row: Row;
  readonly cost: CostModel;
  readonly kv: KvCache;
  readonly tiers: TierStack | undefined;
  readonly speculator: Speculator;
  readonly scheduler: SchedulerOptions;
  /** Computes prompts only and hands over after the first token. */
  readonly prefillOnly: boolean;
}
