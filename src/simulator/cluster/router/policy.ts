/** What a routing policy sees and decides. Policies know numbers only; they never see a replica's inside. */

import type { ReplicaHeap } from '../replica-heap.js';
import type { NamedArm } from './arms.js';
import type { Overlaps } from './overlaps.js';

/** A request to be placed. Sizes are KV blocks where not said otherwise. */
export interface RouteRequest {
  /** Position in the order of arrival. */
  readonly order: number;
  readonly promptTokens: number;
  readonly promptBlocks: number;
  /** Output that requests of this length class have had lately, tokens; 0 before the first has ended. */
  readonly expectedOutputTokens: number;
  readonly sessionId: string | number | undefined;
}

/**
 * A number by which the router keeps replicas in order, for policies that would otherwise look at all of them: requests in flight;
 * the same and, to tell equals apart, a billionth of the blocks; blocks of requests placed and not ended.
 */
export type Rank = 'inflight' | 'load' | 'decodeBlocks';

/** The router's own view of the replicas of a pool, kept by its book-keeping: nothing is polled. */
export interface Fleet {
  readonly size: number;
  /** 1 where requests may be sent. At least one is 1 when a policy is asked. */
  readonly allowed: Uint8Array;
  /** The numbers of those, ascending, and how many they are. */
  readonly allowedList: Int32Array;
  readonly allowedCount: number;
  /** Requests placed and not ended. */
  readonly inflight: Float64Array;
  /** Prompt blocks placed, not found in the cache, and not yet computed. */
  readonly prefillBlocks: Float64Array;
  /** Prompt blocks of requests placed and not ended; where `active` is filled, blocks that several of them share count once. */
  readonly decodeBlocks: Float64Array;
  /** Blocks of the request's prompt that requests at each replica have, too; filled only for policies that look at `decodeBlocks`. */
  readonly active: Overlaps;
  /** Price of a replica-hour, for the cost objective; 1 when unknown. */
  readonly pricePerHour: Float64Array;
  /** Blocks of the request's prompt that are cached; filled only for policies that ask for it. */
  readonly overlaps: Overlaps;
  /** The replicas in the orders that the policy asks for. */
  readonly ranks: Readonly<Partial<Record<Rank, ReplicaHeap>>>;
  /** Forecast arrival rate over the present one: above 1 when load is about to rise. */
  readonly pressure: number;
}

/** What became of a request, as seen from the router. */
export interface RouteOutcome {
  readonly order: number;
  readonly replica: number;
  readonly failed: boolean;
  /** False when the client went away: nothing can be learned. */
  readonly known: boolean;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** From placing to the first token; NaN when there was none. */
  readonly ttftMs: number;
  /** From placing to the end. */
  readonly e2eMs: number;
}

export interface RoutingPolicy {
  /** As in metrics. */
  readonly name: string;
  /** True if `overlaps` must be filled. */
  readonly needsOverlap: boolean;
  /** The orders that it looks at. */
  readonly ranks: readonly Rank[];
  /** The replica to use; an allowed one. */
  choose(request: RouteRequest, fleet: Fleet, nowMs: number): number;
  /** Learns from a request that ended or failed. */
  observe?(outcome: RouteOutcome, fleet: Fleet): void;
  /** Of a split: what each arm achieved. */
  armTotals?(): NamedArm[];
  /** Totals by name, for metrics. */
  counters(): Record<string, number>;
}

/** Of replicas with the same cost the first from `start` on is taken: how many come before one. */
export const turnOf = (replica: number, start: number, size: number): number =>
  replica < start ? replica - start + size : replica - start;
