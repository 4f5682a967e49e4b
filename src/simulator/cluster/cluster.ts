/** The simulated inference cluster: discrete events on a clock that it is handed. */

import { NumberMap } from '../../lib/number-map.js';
import { buildLinks, buildReplica, buildRouter, costOf, poolsOf } from './assemble.js';
import { Delivery } from './delivery.js';
import { Dispatcher } from './dispatcher.js';
import { FaultInjector } from './fault-injector.js';
import type { FailureEvent } from './failures.js';
import { Foresight } from './foresight.js';
import { chainKeys } from './kv/chain-keys.js';
import { checkFleet, resolveCache, resolveScheduler, type ClusterOptions } from './options.js';
import { QueueDepth } from './queue-depth.js';
import type { Replica } from './replica.js';
import { ReplicaHeap } from './replica-heap.js';
import { replicaRows } from './replica-row.js';
import { RequestMeters } from './request-meters.js';
import { Batcher } from './router/batcher.js';
import type { Router } from './router/router.js';
import { WorkloadProfile } from './router/workload-profile.js';
import { Sequence } from './sequence.js';
import { snapshotCluster, type ClusterSnapshot } from './snapshot.js';
import { Timeline } from './timeline.js';
import type { ClusterRequest, FinishReason } from './types.js';

/**
 * Live, the caller submits as requests come and calls `advance(clock.nowMs())` no later than `nextEventMs()`. In virtual
 * time it submits in order of arrival and calls `advance` with any later instant. Both give the same instants for
 * the same submissions and seed. At one instant, submissions come before the steps that end then.
 *
 * Bounds: `maxQueue` waiting and `maxNumSeqs` running requests per replica, KV blocks per replica, and the router's
 * session table; everything else is bounded by these.
 */
export class Cluster {
  readonly replicas: readonly Replica[];
  readonly #options: ClusterOptions;
  /** Replicas by the instant of their next event; Infinity for none. */
  readonly #next: ReplicaHeap;
  readonly #timeline = new Timeline();
  readonly #delivery: Delivery;
  readonly #dispatcher: Dispatcher;
  readonly #faults: FaultInjector;
  readonly #profile = new WorkloadProfile();
  readonly #batcher: Batcher | undefined;
  /** Requests in flight. */
  readonly #sequences = new NumberMap<Sequence>();
  /** The sequence that computes a coalesce key. */
  readonly #leaders = new Map<string, Sequence>();
  readonly #hashTokens: number;
  /** Longest prompt plus output that every replica can hold and, without chunks, compute again in one step. */
  readonly longestTokens: number;
  /** One number: as a field it would be a new object at each event. */
  readonly #clockMs = new Float64Array(1);
  #order = 0;

  /** @throws FakeaiError `FAKEAI_SETTING_INVALID` for options that make no cluster */
  constructor(options: ClusterOptions) {
    checkFleet(options);
    this.#options = options;
    const scheduler = resolveScheduler(options);
    this.#next = new ReplicaHeap(options.replicas, Infinity);
    const metered = options.meterRequests === false ? 0 : options.replicas;
    this.#delivery = new Delivery(
      options.sink,
      {
        firstToken: (sequence, atMs) => this.#dispatcher.routerOf(sequence).firstToken(sequence, atMs),
        ended: (sequence, reason, atMs) => this.#ended(sequence, reason, atMs),
      },
      Array.from({ length: metered }, () => new RequestMeters()),
      new QueueDepth(options.replicas),
    );
    const cache = resolveCache(options, costOf(options, 0));
    const pools = poolsOf(options);
    const routers = pools.map((pool, i) => buildRouter(options, pool, i, cache, this.#profile)) as [Router];
    const host = {
      delivery: this.#delivery,
      stepwise: options.sink.onTokenRun === undefined,
      wake: (replica: number, atMs: number) => this.#next.set(replica, atMs),
      handOver: (sequence: Sequence, atMs: number) => this.#dispatcher.handOver(sequence, atMs),
    };
    const rows = replicaRows(options.replicas);
    this.replicas = pools.flatMap((pool, i) =>
      Array.from({ length: pool.size }, (_, r) =>
        buildReplica(
          options,
          scheduler,
          pool.first + r,
          routers[i]!,
          host,
          this.#timeline,
          rows[pool.first + r]!,
        ),
      ),
    );
    this.#dispatcher = new Dispatcher({
      replicas: this.replicas,
      routers,
      links: buildLinks(options, this.#timeline),
      delivery: this.#delivery,
      timeline: this.#timeline,
      onCrash: options.onCrash ?? 'requeue',
    });
    this.#batcher =
      options.router?.batching &&
      new Batcher(options.router.batching, this.#timeline, (sequence, atMs) => this.#place(sequence, atMs));
    this.#hashTokens = cache.hashTokens;
    const memory = Math.min(...this.replicas.map((r) => r.kv.options.totalBlocks)) * cache.blockTokens;
    const step = scheduler.chunkedPrefill ? Infinity : scheduler.maxNumBatchedTokens;
    this.longestTokens = Math.min(memory, step, options.maxModelLen ?? Infinity);
    this.#faults = new FaultInjector(this.replicas, this.#dispatcher, this.#timeline);
    for (const failure of options.failures ?? []) this.#faults.schedule(failure);
  }

  /** The instant up to which everything has happened. */
  get nowMs(): number {
    return this.#clockMs[0]!;
  }

  /** The clock goes on to an instant, never back; returns what it shows. */
  #tick(toMs: number): number {
    if (toMs > this.#clockMs[0]!) this.#clockMs[0] = toMs;
    return this.#clockMs[0]!;
  }

  /** Requests accepted and not ended. */
  get inFlight(): number {
    return this.#sequences.size;
  }

  /**
   * A request arrives. It may be rejected at once.
   *
   * @param nowMs - not before any instant given so far
   */
  submit(request: ClusterRequest, nowMs: number): void {
    const now = this.#runBefore(nowMs);
    const { totals } = this.#delivery;
    totals.submitted++;
    this.#profile.arrived(request.promptTokens, now);
    if (request.promptTokens + request.outputTokens > this.longestTokens) {
      this.#delivery.reject(request.id, 'context_too_long', now);
      return;
    }
    if (this.#join(request, now)) return;
    const sequence = this.#sequence(request, request.promptTokens + request.outputTokens, false);
    sequence.submittedMs = now;
    this.#sequences.set(request.id, sequence);
    if (this.#options.router?.coalescing && request.coalesceKey !== undefined) {
      this.#leaders.set(request.coalesceKey, sequence);
    }
    if (this.#batcher) this.#batcher.hold(sequence, now);
    else this.#place(sequence, now);
  }

  #sequence(request: ClusterRequest, tokens: number, internal: boolean): Sequence {
    const units = Math.min(request.blockHashes.length, Math.floor(tokens / this.#hashTokens));
    return new Sequence(
      request,
      chainKeys(request.blockHashes, units, request.cacheSalt),
      this.#order++,
      internal,
    );
  }

  /** Work that no client asked for. */
  #nobodys(request: Omit<ClusterRequest, 'outputTokens'>): Sequence {
    return this.#sequence({ ...request, outputTokens: 0 }, request.promptTokens, true);
  }

  #place(sequence: Sequence, nowMs: number): void {
    const problem = this.#dispatcher.place(sequence, nowMs, true);
    if (!problem) return;
    sequence.state = 'done';
    this.#forget(sequence);
    for (const id of sequence.listeners) this.#delivery.reject(id, problem, nowMs);
  }

  /** Attaches a request to an identical one in flight; it gets at once what that one has produced. */
  #join(request: ClusterRequest, nowMs: number): boolean {
    if (!this.#options.router?.coalescing || request.coalesceKey === undefined) return false;
    const leader = this.#leaders.get(request.coalesceKey);
    if (!leader || leader.request.outputTokens !== request.outputTokens) return false;
    this.replicas[leader.replica]?.settle(nowMs);
    this.#delivery.join(leader, request.id, nowMs);
    this.#sequences.set(request.id, leader);
    return true;
  }

  /**
   * No more tokens are wanted, because the client has gone or the answer was over earlier than could be known; `onFinish`
   * with the reason follows at once. Unknown ids are ignored.
   */
  abort(id: number, nowMs: number, reason: 'aborted' | 'completed' = 'aborted'): void {
    const now = this.#runBefore(nowMs);
    const sequence = this.#sequences.get(id);
    if (!sequence) return;
    const replica = this.replicas[sequence.replica];
    replica?.settle(now);
    if (sequence.listeners.length > 1) {
      sequence.removeListener(id);
      this.#sequences.delete(id);
      this.#delivery.finishOne(sequence, id, reason, now);
      return;
    }
    const was = sequence.state;
    this.#delivery.finish(sequence, reason, now);
    if (was !== 'held') replica?.drop(sequence, was, now);
  }

  /** Computes a prefix on a replica ahead of any request, at the engine's cost, and again whenever it has been restarted. */
  warm(request: Omit<ClusterRequest, 'outputTokens'>, replica: number, nowMs: number): void {
    const now = this.#runBefore(nowMs);
    if (request.promptTokens > this.longestTokens) return;
    const target = this.replicas[replica];
    if (target) this.#dispatcher.warm(this.#nobodys(request), target, now);
  }

  /** Has a prefix in the cache of a replica, as if computed before the beginning; false when it does not fit. */
  preload(request: Omit<ClusterRequest, 'outputTokens'>, replica: number): boolean {
    return this.replicas[replica]?.kv.preload(this.#nobodys(request), this.nowMs) ?? false;
  }

  /** Loads a prefix from lower tiers into a replica's GPU memory ahead of a request; returns the blocks on their way. */
  prefetch(request: Omit<ClusterRequest, 'outputTokens'>, replica: number, nowMs: number): number {
    const now = this.#runBefore(nowMs);
    const target = this.replicas[replica];
    if (!target) return 0;
    const sequence = this.#nobodys(request);
    sequence.replica = replica;
    return target.prefetch(sequence, now) * target.kv.unitBlocks;
  }

  /** Makes a failure happen; `atMs` in the past means now. */
  inject(failure: FailureEvent): void {
    checkFleet({ ...this.#options, failures: [failure] });
    this.#faults.schedule({ ...failure, atMs: Math.max(failure.atMs, this.nowMs) });
  }

  /** Tells what the steps in progress will yield; one is enough. */
  foresight(): Foresight {
    return new Foresight(this.replicas, (replica) => this.#faults.nextCrashMs(replica));
  }

  /** When something will happen next if nothing is submitted. */
  nextEventMs(): number | undefined {
    const next = Math.min(this.#next.lowest, this.#timeline.firstMs);
    return next === Infinity ? undefined : next;
  }

  /** Makes everything happen that is due up to and including an instant; Infinity runs until nothing is left. */
  advance(toMs: number): void {
    const to = Math.min(toMs, Number.MAX_VALUE);
    while (this.#next.lowest <= to || this.#timeline.firstMs <= to) this.#step();
    if (toMs !== Infinity) this.#tick(toMs);
  }

  #runBefore(nowMs: number): number {
    while (this.#next.lowest < nowMs || this.#timeline.firstMs < nowMs) this.#step();
    return this.#tick(nowMs);
  }

  #step(): void {
    if (this.#timeline.firstMs <= this.#next.lowest) {
      this.#tick(this.#timeline.firstMs);
      this.#timeline.runFirst();
      return;
    }
    const { first, lowest: firstMs } = this.#next;
    this.#tick(firstMs);
    this.replicas[first]!.onEvent(firstMs);
  }

  #ended(sequence: Sequence, reason: FinishReason, atMs: number): void {
    const failed = reason === 'aborted' ? undefined : reason === 'replica_failed';
    this.#dispatcher.routerOf(sequence).ended(sequence, failed, atMs);
    if (reason === 'completed') this.#profile.ended(sequence.request.promptTokens, sequence.generated);
    this.#forget(sequence);
  }

  #forget(sequence: Sequence): void {
    if (sequence.listener >= 0) this.#sequences.delete(sequence.listener);
    else for (const id of sequence.listeners) this.#sequences.delete(id);
    if (this.#leaders.size === 0) return;
    const key = sequence.request.coalesceKey;
    if (key !== undefined && this.#leaders.get(key) === sequence) this.#leaders.delete(key);
  }

  /** The state now. Objects inside are live: read them at once or copy them. */
  snapshot(): ClusterSnapshot {
    return snapshotCluster({
      nowMs: this.nowMs,
      longestTokens: this.longestTokens,
      replicas: this.replicas,
      delivery: this.#delivery,
      dispatcher: this.#dispatcher,
      faults: this.#faults,
      batcher: this.#batcher,
      profile: this.#profile,
    });
  }
}
