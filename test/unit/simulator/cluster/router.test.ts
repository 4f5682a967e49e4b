import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import { chainKeys } from '../../../../src/simulator/cluster/kv/chain-keys.js';
import { compareArms, noTotals, type NamedArm } from '../../../../src/simulator/cluster/router/arms.js';
import type { PolicySpec } from '../../../../src/simulator/cluster/router/create-policy.js';
import { LinUcb } from '../../../../src/simulator/cluster/router/lin-ucb.js';
import { Overlaps } from '../../../../src/simulator/cluster/router/overlaps.js';
import { PrefixIndex } from '../../../../src/simulator/cluster/router/prefix-index.js';
import { WorkloadProfile } from '../../../../src/simulator/cluster/router/workload-profile.js';
import { blocks, createCluster, linearCost, request, type TestOptions } from '../../../support/cluster.js';

const fleet = (policy: PolicySpec, options: TestOptions = {}) =>
  createCluster({ replicas: 4, router: { policy, ...options.router }, ...options });

describe('simple policies', () => {
  it('round robin takes each in turn', () => {
    const { cluster, recorder } = fleet({ policy: 'round-robin' });
    for (let id = 0; id < 8; id++) cluster.submit(request(id), 0);
    cluster.advance(Infinity);
    expect(Array.from({ length: 8 }, (_, id) => recorder.of(id).replica)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(cluster.snapshot().routers[0]).toMatchObject({ policy: 'round-robin', decisions: [2, 2, 2, 2] });
  });

  it('random uses every replica about equally', () => {
    const { cluster } = fleet({ policy: 'random' });
    for (let id = 0; id < 4000; id++) cluster.submit(request(id, { outputTokens: 1 }), id);
    for (const decisions of cluster.snapshot().routers[0]!.decisions)
      expect(Math.abs(decisions - 1000)).toBeLessThan(120);
  });

  it('least loaded goes where the fewest requests are', () => {
    const { cluster, recorder } = fleet({ policy: 'least-loaded' });
    for (let id = 0; id < 4; id++) cluster.submit(request(id, { outputTokens: id === 2 ? 1 : 500 }), 0);
    cluster.submit(request(9), 1000);
    cluster.advance(Infinity);
    expect(recorder.of(9).replica).toBe(recorder.of(2).replica);
    expect(new Set([0, 1, 2, 3].map((id) => recorder.of(id).replica)).size).toBe(4);
  });
});

describe('KV-aware routing', () => {
  const turn = (id: number, family: number) =>
    request(id, { promptTokens: 1600, outputTokens: 5, blockHashes: blocks(family * 1000, 99) });

  it('sends a prefix where it is cached', () => {
    const { cluster, recorder } = fleet({ policy: 'kv' });
    for (let id = 0; id < 40; id++) cluster.submit(turn(id, id % 8), id * 500);
    cluster.advance(Infinity);
    for (let id = 8; id < 40; id++) {
      expect(recorder.of(id).replica).toBe(recorder.of(id % 8).replica);
      expect(recorder.of(id).cachedTokens).toBe(99 * 16);
    }
    expect(cluster.snapshot().routers[0]!.counters).toMatchObject({ hits: 32, overlap_blocks: 32 * 99 });
  });

  it('cuts the time to first token against round robin', () => {
    const mean = (policy: PolicySpec): number => {
      const { cluster, recorder } = fleet(policy);
      for (let id = 0; id < 60; id++) cluster.submit(turn(id, id % 7), id * 500);
      cluster.advance(Infinity);
      let sum = 0;
      for (let id = 20; id < 60; id++) sum += recorder.of(id).tokenMs[0]! - id * 500;
      return sum / 40;
    };
    expect(mean({ policy: 'kv' })).toBeLessThan(0.5 * mean({ policy: 'round-robin' }));
  });

  it('goes elsewhere when the replica with the prefix has too much to do', () => {
    const { cluster, recorder } = fleet({ policy: 'kv' });
    /** 50 blocks of 100 in common. */
    const own = (id: number) =>
      request(id, { promptTokens: 1600, blockHashes: [...blocks(0, 50), ...blocks(1000 * (id + 1), 49)] });
    cluster.submit(own(0), 0);
    for (let id = 1; id < 12; id++) cluster.submit(own(id), 1000);
    cluster.advance(Infinity);
    expect(new Set(Array.from({ length: 12 }, (_, id) => recorder.of(id).replica)).size).toBeGreaterThan(1);
  });

  it('takes blocks that several requests of a replica share for the load of one', () => {
    const { cluster, recorder } = fleet({ policy: 'kv' });
    cluster.submit(turn(0, 0), 0);
    for (let id = 1; id < 12; id++) cluster.submit(turn(id, 0), 1000);
    // Another prompt goes where none of them is, though they share all that they have.
    cluster.submit(turn(12, 1), 1001);
    cluster.advance(Infinity);
    const replicas = Array.from({ length: 13 }, (_, id) => recorder.of(id).replica);
    expect(new Set(replicas.slice(0, 12)).size).toBe(1);
    expect(replicas[12]).not.toBe(replicas[0]);
  });

  it('does not, where every request has blocks of its own', () => {
    const { cluster, recorder } = fleet({ policy: 'kv' }, { cache: { prefixCaching: false } });
    for (let id = 0; id < 8; id++) cluster.submit(turn(id, 0), 1000);
    cluster.advance(Infinity);
    expect(new Set(Array.from({ length: 8 }, (_, id) => recorder.of(id).replica)).size).toBe(4);
  });

  it('spreads more with a higher temperature', () => {
    const share = (temperature: number): number => {
      const { cluster, recorder } = fleet({ policy: 'kv', temperature });
      for (let id = 0; id < 200; id++) cluster.submit(turn(id, 0), id * 500);
      cluster.advance(Infinity);
      return Array.from({ length: 200 }, (_, id) => id).filter(
        (id) => recorder.of(id).replica === recorder.of(0).replica,
      ).length;
    };
    expect(share(0)).toBe(200);
    expect(share(2)).toBeLessThan(120);
  });

  it('gives less credit to lower tiers', () => {
    const index = new PrefixIndex(40, 3);
    const keys = chainKeys([1, 2, 3, 4], 4, undefined);
    const add = (replica: number, tier: number, units: number[]): void => {
      for (const u of units) index.observer(replica, tier).added(keys, u, u + 1, -1);
    };
    add(0, 0, [0, 1, 2, 3]);
    add(33, 0, [0, 1]);
    add(33, 1, [2, 3]);
    add(5, 2, [0, 1, 2]);
    add(6, 0, [1, 2]); // without the first unit nothing counts
    const overlaps = new Overlaps(40, 1);
    index.overlap(keys, 4, [1, 0.75, 0.25], overlaps);
    expect([0, 33, 5, 6, 7].map((r) => overlaps.of(r))).toEqual([4, 2 + 2 * 0.75, 3 * 0.25, 0, 0]);
    expect(overlaps.closest(new Uint8Array(40).fill(1))).toBe(0);
    expect(overlaps.closest(new Uint8Array(40).fill(1, 1))).toBe(33);
    expect(overlaps.closest(new Uint8Array(40).fill(1, 6, 33))).toBe(-1);
    index.observer(0, 0).removed(keys, 0, 4, 0);
    index.overlap(keys, 4, [1, 0.75, 0.25], overlaps);
    expect(overlaps.of(0)).toBe(0);
    expect(index.size).toBe(4);
  });

  it('forgets what a crashed replica held', () => {
    const { cluster, recorder } = fleet({ policy: 'kv' }, { failures: [] });
    cluster.submit(turn(0, 0), 0);
    cluster.advance(500);
    cluster.inject({ kind: 'crash', replica: recorder.of(0).replica!, atMs: 600, downMs: 100 });
    cluster.submit(turn(1, 0), 1000);
    cluster.advance(Infinity);
    expect(recorder.of(1).cachedTokens).toBe(0);
    expect(cluster.snapshot().routers[0]!.counters).toMatchObject({ hits: 0 });
  });
});

describe('session affinity', () => {
  it('keeps a session on its replica until it was idle too long', () => {
    const { cluster, recorder } = fleet({
      policy: 'session',
      ttlMs: 10_000,
      inner: { policy: 'round-robin' },
    });
    for (let id = 0; id < 12; id++) cluster.submit(request(id, { sessionId: `s${id % 3}` }), id * 1000);
    cluster.submit(request(12, { sessionId: 's0' }), 60_000);
    cluster.advance(Infinity);
    for (let id = 3; id < 12; id++) expect(recorder.of(id).replica).toBe(recorder.of(id % 3).replica);
    expect(recorder.of(12).replica).toBe(3);
    expect(cluster.snapshot().routers[0]!.counters).toMatchObject({ kept: 9, moved: 1, sessions: 3 });
  });

  it('says who places those that have no home yet', () => {
    const { cluster } = fleet({ policy: 'session', inner: { policy: 'kv' } });
    expect(cluster.snapshot().routers[0]!.policy).toBe('session/kv');
  });

  it('forgets the session idle longest at its bound', () => {
    const { cluster } = fleet({ policy: 'session', maxSessions: 5 });
    for (let id = 0; id < 50; id++) cluster.submit(request(id, { sessionId: id }), id);
    expect(cluster.snapshot().routers[0]!.counters['sessions']).toBe(5);
  });
});

describe('A/B splits', () => {
  it('divide by share, keep sessions together and count each arm', () => {
    const { cluster } = fleet({
      policy: 'ab',
      arms: [
        { name: 'old', share: 3, router: { policy: 'round-robin' } },
        { name: 'new', share: 1, router: { policy: 'kv' } },
      ],
    });
    for (let id = 0; id < 2000; id++)
      cluster.submit(request(id, { outputTokens: 2, sessionId: id >> 1 }), id * 10);
    cluster.advance(Infinity);
    const { counters } = cluster.snapshot().routers[0]!;
    expect(counters['old.requests']! + counters['new.requests']!).toBe(2000);
    expect(Math.abs(counters['new.requests']! - 500)).toBeLessThan(90);
    expect(counters['new.requests']! % 2).toBe(0);
    expect(counters['new.ended']).toBe(counters['new.requests']);
    expect(counters['old.output_tokens']).toBe(2 * counters['old.requests']!);
    expect(counters['old.ttft_ms']).toBeGreaterThan(0);
  });
});

describe('the arms of a split', () => {
  const arm = (name: string, times: readonly number[]): NamedArm => ({
    name,
    share: 1,
    totals: {
      ...noTotals(),
      requests: times.length,
      ended: times.length,
      first_tokens: times.length,
      ttft_ms: times.reduce((sum, time) => sum + time, 0),
      ttft_ms_squares: times.reduce((sum, time) => sum + time ** 2, 0),
    },
  });
  const drawn = (mean: number, count: number, seed: number): number[] => {
    const random = createRandom(seed, 'arm');
    return Array.from({ length: count }, () => mean + 10 * random.normal());
  };

  it('are found different when they are', () => {
    const [first, second] = compareArms([arm('a', drawn(100, 200, 1)), arm('b', drawn(110, 200, 2))]);
    expect(first).toMatchObject({ ttftDifferenceMs: null, significant: false });
    expect(second!.ttftDifferenceMs).toBeCloseTo(10, -1);
    // Two means of 200 values of deviation 10: 1.96 · 10 · √(2 / 200).
    expect(second!.ttftDifferenceMarginMs).toBeCloseTo(1.96, 0);
    expect(second!.significant).toBe(true);
  });

  it('are seldom found different when they are equal, and never by a few requests', () => {
    const found = Array.from({ length: 200 }, (_, seed) =>
      compareArms([arm('a', drawn(100, 100, 2 * seed)), arm('b', drawn(100, 100, 2 * seed + 1))]),
    ).filter(([, second]) => second!.significant);
    expect(found.length / 200).toBeLessThan(0.1);
    const few = compareArms([arm('a', drawn(100, 20, 1)), arm('b', drawn(500, 20, 2))]);
    expect(few[1]).toMatchObject({ significant: false, ttftDifferenceMs: null });
  });
});

describe('the adaptive policy', () => {
  const replicaShare = (options: { slow: boolean }): number => {
    const { cluster } = createCluster({
      replicas: 4,
      router: { policy: { policy: 'adaptive', latencyWeight: 1, throughputWeight: 0, costWeight: 0 } },
      failures: options.slow ? [{ kind: 'slow', replica: 2, atMs: 0, durationMs: 1e9, factor: 6 }] : [],
    });
    for (let id = 0; id < 1500; id++) cluster.submit(request(id, { outputTokens: 20 }), id * 60);
    const before = cluster.snapshot().routers[0]!.decisions[2]!;
    for (let id = 1500; id < 2500; id++) cluster.submit(request(id, { outputTokens: 20 }), id * 60);
    return (cluster.snapshot().routers[0]!.decisions[2]! - before) / 1000;
  };

  it('learns from outcomes to avoid a slow replica', () => {
    expect(replicaShare({ slow: false })).toBeGreaterThan(0.1);
    expect(replicaShare({ slow: true })).toBeLessThan(0.08);
  });

  it('learns to use the cheaper replicas when cost is what matters', () => {
    const { cluster } = createCluster({
      replicas: 4,
      pricePerHour: (r) => (r < 2 ? 1 : 8),
      router: { policy: { policy: 'adaptive', latencyWeight: 0, throughputWeight: 0, costWeight: 1 } },
    });
    for (let id = 0; id < 2000; id++) cluster.submit(request(id, { outputTokens: 20 }), id * 100);
    const { decisions, counters } = cluster.snapshot().routers[0]!;
    expect(decisions[0]! + decisions[1]!).toBeGreaterThan(1600);
    expect(counters['updates']).toBeGreaterThan(1900);
  });

  it('rests on a regression that finds the weights', () => {
    const model = new LinUcb(3, [0, 0, 0], 0.1);
    const random = createRandom(1, 'bandit');
    const truth = [0.5, -2, 1];
    for (let i = 0; i < 2000; i++) {
      const x = Float64Array.of(1, random.next(), random.next());
      model.learn(x, truth.reduce((sum, w, j) => sum + w * x[j]!, 0) + 0.1 * random.normal());
    }
    expect(model.predict(Float64Array.of(1, 0, 0))).toBeCloseTo(0.5, 1);
    expect(model.predict(Float64Array.of(0, 1, 0))).toBeCloseTo(-2, 1);
    expect(model.bonus(Float64Array.of(0, 0, 1))).toBeGreaterThan(0);
  });
});

describe('the circuit breaker', () => {
  const run = () => {
    const { cluster, recorder } = createCluster({
      replicas: 2,
      router: { policy: { policy: 'round-robin' }, circuitBreaker: { failureThreshold: 2, openMs: 1000 } },
      failures: [{ kind: 'crash', replica: 0, atMs: 100, downMs: 2500 }],
    });
    for (let id = 0; id < 60; id++) cluster.submit(request(id, { outputTokens: 2 }), id * 100);
    cluster.advance(Infinity);
    return { cluster, recorder };
  };

  it('opens after failures in a row, lets a probe through, and closes when it succeeds', () => {
    const { cluster, recorder } = run();
    const [router] = cluster.snapshot().routers;
    // Opened by the crash, reopened by the probes that found the replica still down.
    expect(router).toMatchObject({ circuitsOpened: 3, circuitsClosed: 1, circuitsNotClosed: 0, probes: 3 });
    expect(router!.failures).toBeLessThan(8);
    expect(recorder.of(59).replica! + recorder.of(58).replica!).toBe(1);
    for (let id = 0; id < 60; id++) expect(recorder.of(id).finish!.reason).toBe('completed');
  });

  it('opens on first tokens that come too late', () => {
    const { cluster } = createCluster({
      replicas: 2,
      router: { policy: { policy: 'round-robin' }, circuitBreaker: { failureThreshold: 2, slowTtftMs: 100 } },
      failures: [{ kind: 'slow', replica: 1, atMs: 0, durationMs: 1e6, factor: 20 }],
    });
    for (let id = 0; id < 20; id++) cluster.submit(request(id, { outputTokens: 2 }), id * 1000);
    cluster.advance(30_000);
    const [router] = cluster.snapshot().routers;
    expect(router!.circuitsOpened).toBeGreaterThan(0);
    expect(router!.decisions[0]).toBeGreaterThan(router!.decisions[1]!);
  });

  it('does not wait for the end of an answer to know that its first token was late', () => {
    const { cluster } = createCluster({
      replicas: 2,
      router: { policy: { policy: 'round-robin' }, circuitBreaker: { failureThreshold: 2, slowTtftMs: 100 } },
      failures: [{ kind: 'slow', replica: 1, atMs: 0, durationMs: 1e6, factor: 20 }],
    });
    for (let id = 0; id < 20; id++) cluster.submit(request(id, { outputTokens: 10_000 }), id * 500);
    cluster.advance(10_000);
    const [router] = cluster.snapshot().routers;
    expect(cluster.snapshot().totals.completed).toBe(0);
    expect(router).toMatchObject({ circuitsOpened: 1, circuitsNotClosed: 1 });
    expect(router!.decisions[1]).toBeLessThan(5);
  });

  it('leaves nothing to send to when all circuits are open', () => {
    const { cluster, recorder } = createCluster({
      router: { circuitBreaker: { failureThreshold: 1, openMs: 1000 } },
      failures: [{ kind: 'crash', replica: 0, atMs: 10, downMs: 100 }],
    });
    cluster.submit(request(1, { outputTokens: 500 }), 0);
    cluster.submit(request(2), 200);
    cluster.advance(Infinity);
    expect(recorder.of(2).reject).toEqual({ reason: 'unavailable', atMs: 200 });
    expect(recorder.of(1).tokenMs.length).toBe(500);
  });
});

describe('coalescing', () => {
  const same = (id: number) => request(id, { outputTokens: 50, coalesceKey: 'k' });

  it('computes identical requests in flight once, and gives all of them every token', () => {
    const { cluster, recorder } = createCluster({ router: { coalescing: true } });
    cluster.submit(same(1), 0);
    cluster.submit(same(2), 0);
    cluster.submit(same(3), 200);
    cluster.advance(Infinity);
    expect(recorder.of(2).tokenMs).toEqual(recorder.of(1).tokenMs);
    expect(recorder.of(3).tokenMs.length).toBe(50);
    expect(recorder.of(3).chunks[0]).toBeGreaterThan(10);
    expect(recorder.of(3).tokenMs[0]).toBe(200);
    expect(recorder.of(3).finish!.atMs).toBe(recorder.of(1).finish!.atMs);
    expect(cluster.snapshot().totals).toMatchObject({ coalesced: 2, completed: 3, generatedTokens: 50 });
  });

  it('goes on for the others when one goes away', () => {
    const { cluster, recorder } = createCluster({ router: { coalescing: true } });
    for (const id of [1, 2]) cluster.submit(same(id), 0);
    cluster.abort(1, 100);
    cluster.advance(Infinity);
    expect(recorder.of(1).finish!.reason).toBe('aborted');
    expect(recorder.of(2).tokenMs.length).toBe(50);
  });

  it('does not join what has ended', () => {
    const { cluster, recorder } = createCluster({ router: { coalescing: true } });
    cluster.submit(same(1), 0);
    cluster.submit(same(2), 10_000);
    cluster.advance(Infinity);
    expect(recorder.of(2).tokenMs[0]).toBeGreaterThan(10_000);
  });
});

describe('request batching', () => {
  it('holds requests for the window, or until the batch is full', () => {
    const { cluster, recorder } = createCluster({ router: { batching: { windowMs: 50, maxRequests: 3 } } });
    cluster.submit(request(1, { outputTokens: 1 }), 0);
    for (const id of [2, 3, 4]) cluster.submit(request(id), 100);
    cluster.advance(Infinity);
    expect([1, 2, 3, 4].map((id) => recorder.of(id).firstScheduledMs)).toEqual([50, 100, 100, 100]);
    expect(cluster.snapshot().batching).toEqual({ batches: 2, requests: 4 });
  });

  it('does not place what was aborted meanwhile', () => {
    const { cluster, recorder } = createCluster({ router: { batching: { windowMs: 50, maxRequests: 3 } } });
    cluster.submit(request(1), 0);
    cluster.abort(1, 20);
    cluster.advance(Infinity);
    expect(recorder.of(1)).toMatchObject({ tokenMs: [], finish: { reason: 'aborted', atMs: 20 } });
  });
});

describe('workload profiling', () => {
  it('sees lengths, rate, trend and burstiness', () => {
    const profile = new WorkloadProfile();
    const random = createRandom(5, 'profile');
    let now = 0;
    for (let i = 0; i < 4000; i++) {
      now += random.exponential() * 100;
      profile.arrived(i % 2 ? 100 : 5000, now);
      profile.ended(i % 2 ? 100 : 5000, i % 2 ? 20 : 400);
    }
    expect(profile.rateRps).toBeGreaterThan(8);
    expect(profile.rateRps).toBeLessThan(12);
    expect(profile.burstiness).toBeGreaterThan(0.7);
    expect(profile.burstiness).toBeLessThan(1.3);
    expect(profile.classes[profile.classOf(100)]).toMatchObject({
      requests: 2000,
      promptTokens: 100,
      outputTokens: 20,
    });
    expect(profile.classes[profile.classOf(5000)]!.outputTokens).toBe(400);
    expect(profile.expectedOutputTokens(4000)).toBe(400);
    for (let gap = 100; gap > 10; gap *= 0.995) profile.arrived(100, (now += gap));
    expect(profile.pressure).toBeGreaterThan(1.05);
    profile.roll(now + 3_600_000);
    expect(profile.rateRps).toBe(0);
    expect(profile.pressure).toBe(1);
  });
});

it('a heterogeneous fleet runs each replica at its own cost', () => {
  const { cluster, recorder } = createCluster({
    replicas: 2,
    cost: (replica) => ({ ...linearCost(), stepMs: () => (replica === 0 ? 10 : 30) }),
  });
  for (const id of [0, 1]) cluster.submit(request(id, { outputTokens: 3 }), 0);
  cluster.advance(Infinity);
  expect([0, 1].map((id) => recorder.of(id).finish!.atMs)).toEqual([30, 90]);
});
