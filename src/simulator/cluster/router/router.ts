/** Places requests on the replicas of one pool and keeps the books that policies decide by. */

import { BucketHistogram, type HistogramData } from '../../../lib/bucket-histogram.js';
import { COUNTED } from '../../telemetry/bounds.js';
import { ReplicaHeap } from '../replica-heap.js';
import type { Sequence } from '../sequence.js';
import { type ArmComparison, compareArms } from './arms.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
import type { Fleet, RouteOutcome, RoutingPolicy } from './policy.js';
import { Overlaps } from './overlaps.js';
import type { ActivePrompts } from './active-prompts.js';
import type { PrefixIndex } from './prefix-index.js';
import type { WorkloadProfile } from './workload-profile.js';

export interface RouterParts {
  /** Cluster-wide number of the pool's first replica. */
  readonly first: number;
  readonly size: number;
  readonly policy: RoutingPolicy;
  /** Without it, replicas that are down are known at once (health checks). */
  readonly circuitBreaker: CircuitBreakerOptions | undefined;
  readonly index: PrefixIndex | undefined;
  /** For policies that look at the blocks of what was placed. */
  readonly active: ActivePrompts | undefined;
  /** Worth of a cached block by tier. */
  readonly credits: readonly number[];
  readonly blockTokens: number;
  readonly hashTokens: number;
  readonly pricePerHour: (replica: number) => number;
  readonly profile: WorkloadProfile;
}

/** Totals for metrics. */
export interface RouterStatistics {
  readonly policy: string;
  readonly decisions: number[];
  readonly failures: number;
  readonly unavailable: number;
  /** Requests placed on a replica that had others in flight. */
  readonly shared: number;
  readonly circuitsOpened: number;
  readonly circuitsClosed: number;
  readonly circuitsNotClosed: number;
  readonly probes: number;
  readonly counters: Record<string, number>;
  /** Of an A/B split, by arm. */
  readonly arms: readonly ArmComparison[] | undefined;
  /** Share of each prompt that the chosen replica had cached, when it was chosen; only of policies that look at it. */
  readonly hitShare: HistogramData;
  /** By replica, in the router's books: prompt tokens placed there and not yet computed. */
  readonly prefillTokens: number[];
}

export class Router {
  readonly #fleet: Fleet & { pressure: number; allowedCount: number };
  readonly #up: Uint8Array;
  /** Who may be used has changed. */
  #allowedChanged = true;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #decisions: number[];
  readonly #hitShare = new BucketHistogram(COUNTED.share);
  #failures = 0;
  #unavailable = 0;
  #shared = 0;

  constructor(readonly parts: RouterParts) {
    const { size } = parts;
    const unitBlocks = parts.hashTokens / parts.blockTokens;
    this.#up = new Uint8Array(size).fill(1);
    this.#breaker = parts.circuitBreaker ? new CircuitBreaker(size, parts.circuitBreaker) : undefined;
    this.#decisions = Array.from({ length: size }, () => 0);
    this.#fleet = {
      size,
      allowed: new Uint8Array(size).fill(1),
      allowedList: new Int32Array(size),
      allowedCount: 0,
      inflight: new Float64Array(size),
      prefillBlocks: new Float64Array(size),
      decodeBlocks: new Float64Array(size),
      pricePerHour: Float64Array.from({ length: size }, (_, r) => parts.pricePerHour(parts.first + r)),
      overlaps: new Overlaps(size, unitBlocks),
      active: new Overlaps(size, unitBlocks),
      ranks: Object.fromEntries(parts.policy.ranks.map((rank) => [rank, new ReplicaHeap(size, 0)])),
      pressure: 1,
    };
  }

  /** Tells whether a replica answers health checks; those of other pools are not its business. */
  setUp(replica: number, up: boolean): void {
    const local = replica - this.parts.first;
    if (local < 0 || local >= this.parts.size) return;
    this.#up[local] = up ? 1 : 0;
    this.#allowedChanged = true;
  }

  /** Chooses a replica, cluster-wide number; -1 when none may be used. */
  place(sequence: Sequence, nowMs: number): number {
    const fleet = this.#fleet;
    const { parts } = this;
    if (!this.#allow(nowMs)) {
      this.#unavailable++;
      return -1;
    }
    const { promptTokens, sessionId } = sequence.request;
    const promptBlocks = this.#promptBlocks(sequence);
    const units = this.#unitsOf(sequence);
    if (parts.policy.needsOverlap) parts.index!.overlap(sequence.keys, units, parts.credits, fleet.overlaps);
    parts.active?.overlap(sequence.keys, units, fleet.active);
    fleet.pressure = parts.profile.pressure;
    const expectedOutputTokens = parts.profile.expectedOutputTokens(promptTokens);
    const replica = parts.policy.choose(
      { order: sequence.order, promptTokens, promptBlocks, expectedOutputTokens, sessionId },
      fleet,
      nowMs,
    );
    const overlap = parts.policy.needsOverlap ? fleet.overlaps.of(replica) : 0;
    if (parts.policy.needsOverlap) this.#hitShare.observe(Math.min(1, overlap / promptBlocks));
    const prefillBlocks = sequence.remoteTokens > 0 ? 0 : Math.max(0, promptBlocks - overlap);
    sequence.placed = this;
    sequence.placedMs = nowMs;
    sequence.placedReplica = replica;
    sequence.placedPrefillBlocks = prefillBlocks;
    if (fleet.inflight[replica]! > 0) this.#shared++;
    fleet.inflight[replica]!++;
    fleet.prefillBlocks[replica]! += prefillBlocks;
    fleet.decodeBlocks[replica]! += promptBlocks;
    if (parts.active) {
      fleet.decodeBlocks[replica]! -= fleet.active.of(replica);
      sequence.placedPrompt = parts.active.add(replica, sequence.keys, units);
    }
    this.#rank(replica);
    this.#decisions[replica]!++;
    this.#breaker?.sent(replica);
    return parts.first + replica;
  }

  /** Brings up to date which replicas may be used; looks at them only when that may have changed. */
  #allow(nowMs: number): boolean {
    const breaker = this.#breaker;
    const watchful = breaker !== undefined && breaker.notClosed > 0;
    if (!this.#allowedChanged && !watchful) return this.#fleet.allowedCount > 0;
    const { allowed } = this.#fleet;
    const { allowedList } = this.#fleet;
    let count = 0;
    for (let r = 0; r < allowed.length; r++) {
      const allow = breaker ? breaker.allows(r, nowMs) : this.#up[r] === 1;
      allowed[r] = allow ? 1 : 0;
      if (allow) allowedList[count++] = r;
    }
    // While a circuit is not closed, time alone may open or close the way; afterwards once more.
    this.#allowedChanged = watchful;
    this.#fleet.allowedCount = count;
    return count > 0;
  }

  #promptBlocks({ promptTokens }: Sequence): number {
    return Math.ceil(promptTokens / this.parts.blockTokens);
  }

  /** Units of a prompt that may be found in a cache: not its last token, which is always computed. */
  #unitsOf({ units, promptTokens }: Sequence): number {
    return Math.min(units, Math.floor((promptTokens - 1) / this.parts.hashTokens));
  }

  /** Moves a replica to its place in the orders that the policy looks at. */
  #rank(replica: number): void {
    const { inflight, decodeBlocks, ranks } = this.#fleet;
    ranks.inflight?.set(replica, inflight[replica]!);
    ranks.load?.set(replica, inflight[replica]! + decodeBlocks[replica]! * 1e-9);
    ranks.decodeBlocks?.set(replica, decodeBlocks[replica]!);
  }

  /** The prompt has been computed. That it took too long is known now, not only when the answer is complete. */
  firstToken(sequence: Sequence, nowMs: number): void {
    if (sequence.placed !== this) return;
    const { placedReplica: replica } = sequence;
    this.#fleet.prefillBlocks[replica]! -= sequence.placedPrefillBlocks;
    sequence.placedPrefillBlocks = 0;
    if (this.#breaker && nowMs - sequence.placedMs > this.#breaker.slowTtftMs)
      this.#breaker.failed(replica, nowMs);
  }

  /** A sequence has ended here: completed, handed on, failed, or (`undefined`) its client went away. */
  ended(sequence: Sequence, failed: boolean | undefined, nowMs: number): void {
    if (sequence.placed !== this) return;
    sequence.placed = undefined;
    const { placedReplica: replica, placedMs } = sequence;
    const fleet = this.#fleet;
    fleet.inflight[replica]!--;
    fleet.prefillBlocks[replica]! -= sequence.placedPrefillBlocks;
    fleet.decodeBlocks[replica]! -= this.#promptBlocks(sequence);
    const { active } = this.parts;
    if (active) {
      const shared = this.#unitsOf(sequence) - active.remove(replica, sequence.placedPrompt);
      fleet.decodeBlocks[replica]! += shared * fleet.active.unitBlocks;
    }
    this.#rank(replica);
    if (failed) this.#failures++;
    if (!this.#breaker && !this.parts.policy.observe) return;
    const outcome: RouteOutcome = {
      order: sequence.order,
      replica,
      failed: failed === true,
      known: failed !== undefined,
      promptTokens: sequence.request.promptTokens,
      cachedTokens: Math.max(0, sequence.cachedTokens),
      outputTokens: sequence.generated,
      ttftMs: sequence.firstTokenMs >= placedMs ? sequence.firstTokenMs - placedMs : NaN,
      e2eMs: nowMs - placedMs,
    };
    this.#judge(outcome, failed, nowMs);
    this.parts.policy.observe?.(outcome, fleet);
  }

  #judge(outcome: RouteOutcome, failed: boolean | undefined, nowMs: number): void {
    const breaker = this.#breaker;
    if (!breaker) return;
    // A late first token has been judged when it came.
    const late = outcome.ttftMs > breaker.slowTtftMs;
    if (failed === undefined) breaker.unknown(outcome.replica);
    else if (failed) breaker.failed(outcome.replica, nowMs);
    else if (!late) breaker.succeeded(outcome.replica);
  }

  statistics(): RouterStatistics {
    const arms = this.parts.policy.armTotals?.();
    return {
      policy: this.parts.policy.name,
      decisions: [...this.#decisions],
      failures: this.#failures,
      unavailable: this.#unavailable,
      shared: this.#shared,
      circuitsOpened: this.#breaker?.opened ?? 0,
      circuitsClosed: this.#breaker?.closed ?? 0,
      circuitsNotClosed: this.#breaker?.notClosed ?? 0,
      probes: this.#breaker?.probes ?? 0,
      counters: this.parts.policy.counters(),
      arms: arms && compareArms(arms),
      hitShare: this.#hitShare,
      prefillTokens: Array.from(this.#fleet.prefillBlocks, (blocks) => blocks * this.parts.blockTokens),
    };
  }
}
