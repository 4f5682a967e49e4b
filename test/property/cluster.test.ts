import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/lib/random.js';
import { countOf } from '../../src/lib/bucket-histogram.js';
import { findGpu } from '../../src/simulator/hardware/catalogue.js';
import type { ClusterRequest } from '../../src/simulator/cluster/types.js';
import type { PolicySpec } from '../../src/simulator/cluster/router/create-policy.js';
import {
  checkBlocks,
  checkQueue,
  checkWork,
  createCluster,
  linearCost,
  workload,
  type TestOptions,
  type WorkloadShape,
} from '../support/cluster.js';

const HARDWARE = { gpu: findGpu('h100')!, gpus: 2, memoryUtilization: 0.9 };

const shape = fc.record({
  seed: fc.nat(),
  requests: fc.integer({ min: 1, max: 60 }),
  gapMs: fc.integer({ min: 0, max: 200 }),
  promptTokens: fc.integer({ min: 1, max: 900 }),
  outputTokens: fc.integer({ min: 1, max: 80 }),
  families: fc.integer({ min: 1, max: 6 }),
});

/** Of some it is said what they will answer, which is partly right; some are another tenant's. */
function requestsOf(s: WorkloadShape): ClusterRequest[] {
  const random = createRandom(s.seed, 'predictions');
  return workload(s).map((r, i) => ({
    ...r,
    ...(i % 5 === 4 && {
      prediction: {
        matches: Array.from({ length: r.outputTokens }, () => Math.min(1, random.int(4))),
        tokens: r.outputTokens,
      },
    }),
    ...(i % 7 === 6 && { cacheSalt: 'another' }),
  }));
}

const policy: fc.Arbitrary<PolicySpec> = fc.constantFrom<PolicySpec>(
  { policy: 'round-robin' },
  { policy: 'random' },
  { policy: 'least-loaded' },
  { policy: 'kv' },
  { policy: 'kv', temperature: 0.5 },
  { policy: 'session', inner: { policy: 'kv' } },
  { policy: 'adaptive' },
  {
    policy: 'ab',
    arms: [
      { name: 'a', share: 1, router: { policy: 'kv' } },
      { name: 'b', share: 2, router: { policy: 'adaptive' } },
    ],
  },
);

const options: fc.Arbitrary<TestOptions> = fc
  .record({
    replicas: fc.integer({ min: 1, max: 5 }),
    totalBlocks: fc.integer({ min: 62, max: 300 }),
    stages: fc.constantFrom(1, 1, 2, 4),
    maxNumSeqs: fc.integer({ min: 1, max: 12 }),
    budget: fc.integer({ min: 12, max: 700 }),
    queue: fc.constantFrom<'fcfs' | 'priority'>('fcfs', 'priority'),
    eviction: fc.constantFrom<'lru' | 'lfu' | 'ttl'>('lru', 'lfu', 'ttl'),
    hashTokens: fc.constantFrom(16, 64),
    tiers: fc.boolean(),
    prefetch: fc.boolean(),
    chunked: fc.boolean(),
    threshold: fc.constantFrom(0, 64),
    maxQueue: fc.constantFrom(4096, 3),
    prefixCaching: fc.boolean(),
    stateTokens: fc.constantFrom(0, 48, 64),
    speculation: fc.constantFrom(undefined, 'eagle' as const, 'ngram' as const),
    disaggregated: fc.boolean(),
    coalescing: fc.boolean(),
    batching: fc.boolean(),
    breaker: fc.boolean(),
    crash: fc.boolean(),
    onCrash: fc.constantFrom<'requeue' | 'fail'>('requeue', 'fail'),
    policy,
  })
  .map((o): TestOptions => ({
    replicas: o.replicas,
    cost: { ...linearCost(o.totalBlocks), lanes: o.stages, stages: o.stages },
    scheduler: {
      maxNumSeqs: o.maxNumSeqs,
      maxNumBatchedTokens: o.budget,
      policy: o.queue,
      kvPrefetch: o.prefetch,
      chunkedPrefill: o.chunked,
      longPrefillTokenThreshold: o.threshold,
      maxQueue: o.maxQueue,
    },
    cache: {
      hashTokens: o.hashTokens,
      eviction: o.eviction,
      ttlMs: 2000,
      prefixCaching: o.prefixCaching,
      stateTokens: o.stateTokens,
      tiers: o.tiers
        ? [
            { name: 'host', capacityBlocks: 100, gigabytesPerSecond: 1, latencyMs: 0 },
            { name: 'disk', capacityBlocks: 400, gigabytesPerSecond: 0.2, latencyMs: 1 },
          ]
        : [],
    },
    router: {
      policy: o.policy,
      coalescing: o.coalescing,
      ...(o.batching ? { batching: { windowMs: 20, maxRequests: 4 } } : {}),
      ...(o.breaker ? { circuitBreaker: { failureThreshold: 2, openMs: 500 } } : {}),
    },
    ...(o.speculation ? { speculation: { method: o.speculation, acceptance: [0.8, 0.6, 0.3] } } : {}),
    ...(o.disaggregated && o.replicas > 1
      ? { disaggregation: { prefillReplicas: 1, gigabytesPerSecond: 1 } }
      : {}),
    ...(o.crash
      ? {
          failures: [
            { kind: 'crash' as const, replica: 0, atMs: 300, downMs: 700 },
            { kind: 'slow' as const, replica: o.replicas - 1, atMs: 100, durationMs: 900, factor: 3 },
            { kind: 'xid' as const, replica: o.replicas - 1, atMs: 1200, code: 79, downMs: 300 },
          ],
        }
      : {}),
    onCrash: o.onCrash,
  }));

/** Runs a workload; with `every`, stops at each event to look at the state. */
function run(requests: readonly ClusterRequest[], o: TestOptions, every = false) {
  const { cluster, recorder } = createCluster(o);
  const step = (to: number): void => {
    if (every) {
      for (let next = cluster.nextEventMs(); next !== undefined && next < to; next = cluster.nextEventMs()) {
        cluster.advance(next);
        checkBlocks(cluster);
        checkWork(cluster);
        checkQueue(cluster);
      }
    }
  };
  for (const r of requests) {
    step(r.arrivalMs);
    cluster.submit(r, r.arrivalMs);
  }
  step(Infinity);
  cluster.advance(Infinity);
  checkBlocks(cluster);
  return { cluster, recorder };
}

describe('the cluster, whatever its options', () => {
  it('conserves requests and tokens, and respects causality', () => {
    fc.assert(
      fc.property(shape, options, (s, o) => {
        const requests = requestsOf(s);
        const { cluster, recorder } = run(requests, o);
        expect(cluster.inFlight).toBe(0);
        for (const r of requests) {
          const seen = recorder.of(r.id);
          if (seen.reject) {
            expect(seen.finish).toBeUndefined();
            expect(seen.tokenMs).toEqual([]);
            continue;
          }
          const { reason, atMs, usage } = seen.finish!;
          expect(['completed', 'replica_failed']).toContain(reason);
          expect(usage.outputTokens).toBe(seen.tokenMs.length);
          if (reason === 'completed') expect(seen.tokenMs.length).toBe(r.outputTokens);
          expect(usage.cachedTokens).toBeLessThan(Math.max(1, r.promptTokens));
          const { stateTokens: states = 0, hashTokens = 16 } = o.cache ?? {};
          if (states > 0 && states % hashTokens === 0) expect(usage.cachedTokens % states).toBe(0);
          const moments = [r.arrivalMs, ...seen.tokenMs, atMs];
          expect(moments).toEqual(moments.toSorted((a, b) => a - b));
          if (seen.firstScheduledMs !== undefined) {
            expect(seen.firstScheduledMs).toBeGreaterThanOrEqual(r.arrivalMs);
            // No token without a step of at least 10 ms (a coalesced one gets what is there when it comes).
            if (!o.router?.coalescing && seen.tokenMs.length > 0) {
              expect(seen.tokenMs[0]).toBeGreaterThanOrEqual(seen.firstScheduledMs + 10);
            }
          }
        }
        const { totals } = cluster.snapshot();
        const rejected = Object.values(totals.rejected).reduce((a, b) => a + b, 0);
        expect(totals.completed + totals.failed + totals.aborted + rejected).toBe(requests.length);
      }),
      { numRuns: 150 },
    );
  });

  it('conserves blocks and references at every event, leaves no replica idle while work waits, and gives everything back', () => {
    fc.assert(
      fc.property(shape, options, (s, o) => {
        const { cluster } = run(requestsOf(s), o, true);
        for (const { kv, scheduler, pinned } of cluster.replicas) {
          expect(scheduler.running.length + scheduler.waiting.size + pinned.size).toBe(0);
          expect(kv.privateBlocks).toBe(0);
          expect(kv.store.evictable).toBe(kv.store.size);
          expect(kv.available).toBe(kv.options.totalBlocks);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same trace for the same seed', () => {
    fc.assert(
      fc.property(shape, options, (s, o) => {
        const requests = requestsOf(s);
        expect(run(requests, o).recorder.lines).toEqual(run(requests, o).recorder.lines);
      }),
      { numRuns: 50 },
    );
  });

  it('gives each request the same instants step by step as in runs', () => {
    fc.assert(
      fc.property(shape, options, (s, o) => {
        const requests = requestsOf(s);
        const steps = run(requests, o).recorder;
        const runs = run(requests, { ...o, runs: true }).recorder;
        // How tokens produced before a coalesced request joined are cut into chunks is the same too.
        for (const r of requests) expect(runs.of(r.id)).toEqual(steps.of(r.id));
      }),
      { numRuns: 100 },
    );
  });

  it('aborts at any moment without leaking', () => {
    fc.assert(
      fc.property(
        shape,
        options,
        fc.array(fc.tuple(fc.nat(60), fc.nat(2000)), { maxLength: 20 }),
        (s, o, aborts) => {
          const requests = requestsOf(s);
          const { cluster, recorder } = createCluster(o);
          const inputs = [
            ...requests.map((r) => ({ atMs: r.arrivalMs, act: () => cluster.submit(r, r.arrivalMs) })),
            ...aborts.map(([id, atMs]) => ({ atMs, act: () => cluster.abort(id, atMs) })),
          ].toSorted((a, b) => a.atMs - b.atMs);
          for (const input of inputs) {
            input.act();
            checkBlocks(cluster);
          }
          cluster.advance(Infinity);
          checkBlocks(cluster);
          expect(cluster.inFlight).toBe(0);
          for (const r of requests) {
            const seen = recorder.of(r.id);
            expect([seen.finish, seen.reject].filter(Boolean).length).toBe(1);
            if (seen.finish?.reason !== 'aborted') continue;
            expect(seen.finish.usage.outputTokens).toBe(seen.tokenMs.length);
            expect(Math.max(0, ...seen.tokenMs)).toBeLessThanOrEqual(seen.finish.atMs);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('telemetry, whatever the options', () => {
  const histogramsOf = (o: TestOptions, requests: readonly ClusterRequest[], looks: boolean) => {
    const { cluster, recorder } = createCluster({
      ...o,
      cost: { ...linearCost(), ...o.cost, hardware: HARDWARE },
    });
    for (const r of requests) {
      cluster.submit(r, r.arrivalMs);
      if (looks) cluster.snapshot();
    }
    cluster.advance(Infinity);
    return { snapshot: cluster.snapshot(), recorder };
  };

  it('counts what clients counted, in steps as in runs, and looking changes nothing', () => {
    fc.assert(
      fc.property(shape, options, (s, o) => {
        const requests = requestsOf(s);
        const { snapshot, recorder } = histogramsOf(o, requests, false);
        const replicas = snapshot.replicas.map(({ requests: totals }) => totals);
        const sum = (value: (totals: (typeof replicas)[number]) => number): number =>
          replicas.reduce((all, totals) => all + value(totals), 0);
        const ended = sum(({ finished }) => Object.values(finished).reduce((a, b) => a + b, 0));
        const seen = [...recorder.seen.values()];
        expect(sum(({ e2eS }) => countOf(e2eS))).toBe(ended);
        // Coalesced requests are one for the engine and several for their clients; a lost replica may strand some.
        if (!o.router?.coalescing) {
          expect(sum(({ tokens }) => tokens.generated)).toBe(
            seen.reduce((all, { tokenMs }) => all + tokenMs.length, 0),
          );
          expect(sum(({ itlS }) => countOf(itlS))).toBe(
            seen.reduce((all, { chunks }) => all + Math.max(0, chunks.length - 1), 0),
          );
          expect(sum(({ ttftS }) => countOf(ttftS))).toBe(
            seen.filter(({ chunks }) => chunks.length > 0).length,
          );
        }
        const others = [
          histogramsOf(o, requests, true).snapshot,
          histogramsOf({ ...o, runs: true }, requests, true).snapshot,
        ];
        for (const other of others) {
          for (const [i, replica] of other.replicas.entries()) {
            const { itlS, ttftS, e2eS } = snapshot.replicas[i]!.requests;
            expect(replica.requests.itlS.counts).toEqual(itlS.counts);
            expect(replica.requests.ttftS.counts).toEqual(ttftS.counts);
            expect(replica.requests.e2eS.counts).toEqual(e2eS.counts);
            expect(replica.gpu!.energyMj).toBeCloseTo(snapshot.replicas[i]!.gpu!.energyMj, 3);
            expect(replica.gpu!.temperatureC).toBeCloseTo(snapshot.replicas[i]!.gpu!.temperatureC, 6);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps power, heat and shares within what a GPU can do', () => {
    fc.assert(
      fc.property(shape, options, (s, o) => {
        const { cluster } = createCluster({ ...o, cost: { ...linearCost(), ...o.cost, hardware: HARDWARE } });
        const requests = requestsOf(s);
        let energyMj = 0;
        const look = (): void => {
          for (const { gpu } of cluster.snapshot().replicas) {
            for (const share of [gpu!.busy, gpu!.tensor, gpu!.memory]) {
              expect(share).toBeGreaterThanOrEqual(0);
              expect(share).toBeLessThanOrEqual(1);
            }
            expect(gpu!.powerW).toBeGreaterThan(0);
            expect(gpu!.powerW).toBeLessThanOrEqual(HARDWARE.gpu.tdpW);
            expect(gpu!.temperatureC).toBeGreaterThan(29);
            expect(gpu!.temperatureC).toBeLessThan(88);
          }
          const all = cluster.snapshot().replicas.reduce((sum, { gpu }) => sum + gpu!.energyMj, 0);
          expect(all).toBeGreaterThanOrEqual(energyMj);
          energyMj = all;
        };
        for (const r of requests) {
          cluster.submit(r, r.arrivalMs);
          look();
        }
        for (let next = cluster.nextEventMs(); next !== undefined; next = cluster.nextEventMs()) {
          cluster.advance(next + 1);
          look();
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('one replica', () => {
  /** Lower memories let others go first while something is loaded, and who joins another does not wait. */
  const alone = options.map((o): TestOptions => {
    const { disaggregation: _, failures: __, ...rest } = o;
    const router = { policy: { policy: 'round-robin' } } as const;
    return { ...rest, replicas: 1, router, cache: { ...o.cache, tiers: [] } };
  });

  it('starts requests in the order of arrival, or of importance, whatever else is set', () => {
    fc.assert(
      fc.property(shape, alone, (s, o) => {
        const { recorder } = run(requestsOf(s), o);
        const byPriority = o.scheduler?.policy === 'priority';
        const started = requestsOf(s)
          .map((r) => ({ ...r, atMs: recorder.of(r.id).firstScheduledMs }))
          .filter(({ atMs }) => atMs !== undefined) as (ClusterRequest & { atMs: number })[];
        for (const [i, early] of started.entries()) {
          for (const late of started.slice(i + 1)) {
            const [first, second] =
              byPriority && late.priority! < early.priority! ? [late, early] : [early, late];
            // Who was not there yet could not go first.
            if (first.arrivalMs <= second.atMs) expect(first.atMs).toBeLessThanOrEqual(second.atMs);
          }
        }
      }),
      { numRuns: 80 },
    );
  });
});
