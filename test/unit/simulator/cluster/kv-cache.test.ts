import { describe, expect, it } from 'vitest';
import { chainKeys } from '../../../../src/simulator/cluster/kv/chain-keys.js';
import { KeyTable } from '../../../../src/simulator/cluster/kv/key-table.js';
import { createRandom } from '../../../../src/lib/random.js';
import { blocks, createCluster, linearCost, request } from '../../../support/cluster.js';

describe('prefix caching', () => {
  it('finds the full blocks of a prompt seen before, and so answers sooner', () => {
    const { cluster, recorder } = createCluster();
    const blockHashes = blocks(0, 62);
    cluster.submit(request(1, { promptTokens: 1000, blockHashes }), 0);
    cluster.submit(request(2, { promptTokens: 1000, blockHashes }), 1000);
    cluster.advance(Infinity);
    expect(recorder.of(1).cachedTokens).toBe(0);
    expect(recorder.of(2).finish!.usage.cachedTokens).toBe(992);
    expect(recorder.of(2).tokenMs[0]! - 1000).toBeCloseTo(10 + 8 * 0.05, 9);
    expect(cluster.snapshot().replicas[0]!.kv).toMatchObject({ queriedTokens: 2000, hitTokens: 992 });
  });

  it('computes the last block even when all of the prompt is cached', () => {
    const { cluster, recorder } = createCluster();
    for (const id of [1, 2])
      cluster.submit(request(id, { promptTokens: 160, blockHashes: blocks(0, 10) }), id * 1000);
    cluster.advance(Infinity);
    expect(recorder.of(2).cachedTokens).toBe(144);
  });

  it('shares the blocks of requests that run together', () => {
    const { cluster } = createCluster();
    for (const id of [1, 2, 3, 4])
      cluster.submit(request(id, { promptTokens: 1000, blockHashes: blocks(0, 62) }), 0);
    cluster.advance(0);
    expect(cluster.snapshot().replicas[0]!.usedBlocks).toBe(62 + 4);
  });

  it('knows a block by what came before it', () => {
    const { cluster, recorder } = createCluster();
    cluster.submit(request(1, { promptTokens: 100, blockHashes: [1, 2, 3, 4, 5, 6] }), 0);
    cluster.submit(request(2, { promptTokens: 100, blockHashes: [1, 2, 9, 4, 5, 6] }), 1000);
    cluster.advance(Infinity);
    expect(recorder.of(2).cachedTokens).toBe(32);
  });

  it('keeps tenants apart by salt', () => {
    const { cluster, recorder } = createCluster();
    const of = (id: number, cacheSalt: string) =>
      request(id, { promptTokens: 100, blockHashes: blocks(0, 6), cacheSalt });
    cluster.submit(of(1, 'a'), 0);
    cluster.submit(of(2, 'b'), 1000);
    cluster.submit(of(3, 'a'), 2000);
    cluster.advance(Infinity);
    expect([1, 2, 3].map((id) => recorder.of(id).cachedTokens)).toEqual([0, 0, 96]);
  });

  it('caches the output for the next turn', () => {
    const { cluster, recorder } = createCluster();
    cluster.submit(request(1, { promptTokens: 64, outputTokens: 65, blockHashes: blocks(0, 8) }), 0);
    cluster.submit(request(2, { promptTokens: 200, blockHashes: blocks(0, 12) }), 5000);
    cluster.advance(Infinity);
    expect(recorder.of(2).cachedTokens).toBe(128);
  });

  it('treats a coarse hash as a run of blocks', () => {
    const { cluster, recorder } = createCluster({ cache: { hashTokens: 512 } });
    for (const id of [1, 2])
      cluster.submit(request(id, { promptTokens: 1200, blockHashes: [7, 8] }), id * 1000);
    cluster.advance(Infinity);
    expect(recorder.of(2).cachedTokens).toBe(1024);
    expect(cluster.snapshot().replicas[0]).toMatchObject({ cachedBlocks: 64, usedBlocks: 0 });
  });

  it('does nothing when it is off', () => {
    const { cluster, recorder } = createCluster({ cache: { prefixCaching: false } });
    for (const id of [1, 2]) cluster.submit(request(id, { blockHashes: blocks(0, 6) }), id * 1000);
    cluster.advance(Infinity);
    expect(recorder.of(2).cachedTokens).toBe(0);
  });
});

describe('eviction', () => {
  /** Uses prefix A three times, B once after it, then fills the memory so far that one of them must go. */
  const survivors = (eviction: 'lru' | 'lfu'): number[] => {
    const { cluster, recorder } = createCluster({ cost: linearCost(40), cache: { eviction } });
    const use = (id: number, from: number, count = 10): void => {
      cluster.submit(
        request(id, { promptTokens: 16 * count + 1, outputTokens: 1, blockHashes: blocks(from, count) }),
        id * 1000,
      );
    };
    use(1, 100);
    use(2, 100);
    use(3, 100);
    use(4, 200);
    use(5, 300, 28); // 20 blocks cached, 28 + 1 needed of 40: nine must go
    use(6, 100);
    use(7, 200);
    cluster.advance(Infinity);
    return [recorder.of(6).cachedTokens!, recorder.of(7).cachedTokens!];
  };

  it('LRU gives up what was used least recently, tail first', () => {
    expect(survivors('lru')[0]).toBe(16);
  });

  it('LFU keeps what is used often', () => {
    expect(survivors('lfu')[0]).toBe(160);
  });

  it('TTL forgets what was idle too long, and only that', () => {
    const { cluster, recorder } = createCluster({ cache: { eviction: 'ttl', ttlMs: 2000 } });
    for (const [id, at] of [0, 1500, 3000, 9000].entries()) {
      cluster.submit(request(id, { outputTokens: 1, blockHashes: blocks(0, 6) }), at);
    }
    cluster.advance(Infinity);
    expect([1, 2, 3].map((id) => recorder.of(id).cachedTokens)).toEqual([96, 96, 0]);
    expect(cluster.snapshot().replicas[0]!.kv.expiredUnits).toBe(6);
  });

  it('TTL is over for whoever looks, whether the replica works or not', () => {
    const { cluster } = createCluster({ cache: { eviction: 'ttl', ttlMs: 2000 } });
    cluster.submit(request(0, { outputTokens: 1, blockHashes: blocks(0, 6) }), 0);
    const state = (atMs: number): [cached: number, expired: number] => {
      cluster.advance(atMs);
      const { cachedBlocks, kv } = cluster.snapshot().replicas[0]!;
      return [cachedBlocks, kv.expiredUnits];
    };
    expect(state(1500)).toEqual([6, 0]);
    expect(state(4000)).toEqual([0, 6]);
    cluster.submit(request(1, { outputTokens: 1, blockHashes: blocks(0, 6) }), 5000);
    expect(state(5500)).toEqual([6, 6]);
  });
});

describe('lower tiers', () => {
  const tiers = [
    { name: 'host', capacityBlocks: 30, gigabytesPerSecond: 1, latencyMs: 0 },
    { name: 'disk', capacityBlocks: 100, gigabytesPerSecond: 0.1, latencyMs: 1 },
  ];
  const filler = (id: number) =>
    request(id, { promptTokens: 481, outputTokens: 1, blockHashes: blocks(id * 1000, 30) });
  const prompt = (id: number) =>
    request(id, { promptTokens: 321, outputTokens: 1, blockHashes: blocks(0, 20) });

  it('bring evicted blocks back at the speed of their link', () => {
    const { cluster, recorder } = createCluster({ cost: linearCost(32), cache: { tiers } });
    cluster.submit(prompt(1), 0);
    cluster.submit(filler(2), 1000);
    cluster.submit(prompt(3), 2000);
    cluster.advance(Infinity);
    const { cachedTokens, firstScheduledMs, tokenMs } = recorder.of(3);
    expect(cachedTokens).toBe(320);
    // The filler needed 31 of 32 blocks, so 19 of the prompt's 20 were evicted: 1.6 MB each at 1 GB/s.
    expect(firstScheduledMs! - 2000).toBeCloseTo((19 * 16 * 100_000) / 1e6, 9);
    expect(tokenMs[0]! - firstScheduledMs!).toBeCloseTo(10.05, 9);
    expect(cluster.snapshot().replicas[0]!.tiers.map((tier) => tier.loadedUnits)).toEqual([19, 0]);
  });

  it('cascade to the next tier when full', () => {
    const { cluster } = createCluster({ cost: linearCost(32), cache: { tiers } });
    for (const id of [1, 2, 3, 4]) cluster.submit(filler(id), id * 1000);
    cluster.advance(Infinity);
    const [host, disk] = cluster.snapshot().replicas[0]!.tiers;
    expect(host!.units).toBe(30);
    expect(disk!.units).toBeGreaterThan(50);
    expect(host!.evictedUnits).toBe(disk!.storedUnits);
  });

  it('share their bandwidth among loads', () => {
    const alone = loadTime(1);
    expect(loadTime(2) / alone).toBeCloseTo(2, 1);

    function loadTime(prompts: number): number {
      const { cluster, recorder } = createCluster({
        cost: linearCost(64),
        cache: { tiers: [{ name: 'host', capacityBlocks: 500, gigabytesPerSecond: 0.1, latencyMs: 0 }] },
      });
      const part = (id: number, n: number) =>
        request(id, { promptTokens: 321, outputTokens: 1, blockHashes: blocks(n * 500, 20) });
      for (let n = 0; n < 2; n++) cluster.submit(part(n, n), n * 1000);
      for (const id of [10, 11, 12]) cluster.submit(filler(id), id * 1000);
      for (let n = 0; n < prompts; n++) cluster.submit(part(20 + n, n), 50_000);
      cluster.advance(Infinity);
      return Math.max(
        ...Array.from({ length: prompts }, (_, n) => recorder.of(20 + n).firstScheduledMs! - 50_000),
      );
    }
  });

  it('are read while a request waits, if that is asked for', () => {
    const startOf = (kvPrefetch: boolean) => {
      const { cluster, recorder } = createCluster({
        cost: linearCost(64),
        scheduler: { maxNumSeqs: 1, kvPrefetch },
        cache: { tiers: [{ name: 'host', capacityBlocks: 500, gigabytesPerSecond: 0.1, latencyMs: 0 }] },
      });
      cluster.submit(prompt(1), 0);
      for (const id of [2, 3, 4]) cluster.submit(filler(id), id * 1000);
      // Runs for a while, so that the other one has to wait.
      cluster.submit(request(5, { promptTokens: 16, outputTokens: 200, blockHashes: [] }), 50_000);
      cluster.submit(prompt(6), 50_001);
      cluster.advance(Infinity);
      const [host] = cluster.snapshot().replicas[0]!.tiers;
      return { ...recorder.of(6), freeMs: recorder.of(5).tokenMs.at(-1)!, host: host! };
    };
    const [late, early] = [startOf(false), startOf(true)];
    expect(early.cachedTokens).toBe(320);
    expect(late.cachedTokens).toBe(320);
    // 20 blocks of 1.6 MB at 0.1 GB/s take 0.32 s: after the wait, or during it.
    expect(late.firstScheduledMs! - late.freeMs).toBeGreaterThan(300);
    expect(early.firstScheduledMs).toBe(early.freeMs);
    expect([late.host.prefetchedUnits, early.host.prefetchedUnits]).toEqual([0, 20]);
    expect(early.host.loadedUnits).toBe(late.host.loadedUnits);
  });

  it('a request whose turn comes while its blocks are on their way waits for the rest of it only', () => {
    const { cluster, recorder } = createCluster({
      cost: linearCost(64),
      scheduler: { maxNumSeqs: 1, kvPrefetch: true },
      cache: { tiers: [{ name: 'host', capacityBlocks: 500, gigabytesPerSecond: 0.1, latencyMs: 0 }] },
    });
    cluster.submit(prompt(1), 0);
    for (const id of [2, 3, 4]) cluster.submit(filler(id), id * 1000);
    cluster.submit(request(5, { promptTokens: 16, outputTokens: 2, blockHashes: [] }), 50_000);
    cluster.submit(prompt(6), 50_001);
    cluster.submit(request(7, { promptTokens: 16, outputTokens: 2, blockHashes: [] }), 50_002);
    cluster.advance(Infinity);
    const waited = recorder.of(6);
    expect(waited.firstScheduledMs! - 50_001).toBeCloseTo(320, 6);
    expect(waited.cachedTokens).toBe(320);
    // Nobody behind it is held up.
    expect(recorder.of(7).firstScheduledMs!).toBeLessThan(waited.firstScheduledMs!);
    expect(cluster.snapshot().replicas[0]!.tiers[0]!.loadedUnits).toBe(20);
  });

  it('are read ahead for no more requests than there is room for: what is next must not be pushed out', () => {
    const loaded = (kvPrefetch: boolean) => {
      const { cluster, recorder } = createCluster({
        cost: linearCost(100),
        scheduler: { maxNumSeqs: 1, kvPrefetch },
        cache: { tiers: [{ name: 'host', capacityBlocks: 500, gigabytesPerSecond: 10, latencyMs: 0 }] },
      });
      const part = (id: number, n: number) =>
        request(id, { promptTokens: 321, outputTokens: 1, blockHashes: blocks(100 * n, 20) });
      for (let n = 1; n <= 8; n++) cluster.submit(part(n, n), n * 1000);
      cluster.submit(request(20, { promptTokens: 1500, outputTokens: 1, blockHashes: [] }), 20_000);
      // Seven of them wait at once for what memory has room for four of.
      cluster.submit(request(30, { promptTokens: 16, outputTokens: 100, blockHashes: [] }), 50_000);
      for (let n = 1; n <= 7; n++) cluster.submit(part(30 + n, n), 50_001);
      cluster.advance(Infinity);
      const last = Math.max(...blocks(31, 7).map((id) => recorder.of(id).finish!.atMs));
      return { ...cluster.snapshot().replicas[0]!.tiers[0]!, last };
    };
    const [late, early] = [loaded(false), loaded(true)];
    expect(early.prefetchedUnits).toBe(60);
    expect(early.loadedUnits).toBe(late.loadedUnits);
    expect(early.last).toBeLessThanOrEqual(late.last);
  });

  it('gives the room back when such a request goes away', () => {
    const { cluster } = createCluster({
      cost: linearCost(100),
      scheduler: { maxNumSeqs: 1, kvPrefetch: true },
      cache: { tiers: [{ name: 'host', capacityBlocks: 500, gigabytesPerSecond: 10, latencyMs: 0 }] },
    });
    const part = (id: number, n: number) =>
      request(id, { promptTokens: 321, outputTokens: 1, blockHashes: blocks(100 * n, 20) });
    for (let n = 1; n <= 8; n++) cluster.submit(part(n, n), n * 1000);
    cluster.submit(request(20, { promptTokens: 1500, outputTokens: 1, blockHashes: [] }), 20_000);
    const ahead = () => cluster.snapshot().replicas[0]!.tiers[0]!.prefetchedUnits;
    cluster.submit(request(30, { promptTokens: 16, outputTokens: 400, blockHashes: [] }), 50_000);
    for (let n = 1; n <= 7; n++) cluster.submit(part(30 + n, n), 50_001);
    expect(ahead()).toBe(60);
    for (let n = 1; n <= 7; n++) cluster.abort(30 + n, 50_500);
    for (let n = 4; n <= 7; n++) cluster.submit(part(40 + n, n), 50_600);
    expect(ahead()).toBeGreaterThan(60);
  });

  it('can be read ahead of the request', () => {
    const { cluster, recorder } = createCluster({ cost: linearCost(32), cache: { tiers } });
    cluster.submit(prompt(1), 0);
    cluster.submit(filler(2), 1000);
    expect(cluster.prefetch(prompt(-1), 0, 2000)).toBeGreaterThan(0);
    cluster.submit(prompt(3), 3000);
    cluster.advance(Infinity);
    expect(recorder.of(3)).toMatchObject({ firstScheduledMs: 3000, cachedTokens: 320 });
    expect(recorder.seen.has(-1)).toBe(false);
  });
});

describe('warming', () => {
  it('computes a prefix ahead, so that the first request finds it', () => {
    const { cluster, recorder } = createCluster();
    cluster.warm(request(-1, { promptTokens: 960, blockHashes: blocks(0, 60) }), 0, 0);
    cluster.submit(request(1, { promptTokens: 1000, blockHashes: blocks(0, 62) }), 1000);
    cluster.advance(Infinity);
    expect(recorder.of(1).cachedTokens).toBe(960);
    expect(recorder.seen.has(-1)).toBe(false);
    expect(cluster.snapshot().totals).toMatchObject({ submitted: 1, promptTokens: 1000 });
    // Lookups are those of requests alone.
    expect(cluster.snapshot().replicas[0]!.kv).toMatchObject({
      queries: 1,
      queriedTokens: 1000,
      hitTokens: 960,
    });
  });

  it('does so again when a replica has been restarted, and lost everything else', () => {
    const { cluster, recorder } = createCluster({
      failures: [{ kind: 'crash', replica: 0, atMs: 2000, downMs: 1000 }],
    });
    cluster.warm(request(-1, { promptTokens: 960, blockHashes: blocks(0, 60) }), 0, 0);
    const other = { promptTokens: 1000, blockHashes: blocks(5000, 62) };
    cluster.submit(request(1, other), 1000);
    cluster.submit(request(2, { promptTokens: 1000, blockHashes: blocks(0, 62) }), 5000);
    cluster.submit(request(3, other), 6000);
    cluster.advance(Infinity);
    expect(recorder.of(2).cachedTokens).toBe(960);
    expect(recorder.of(3).cachedTokens).toBe(0);
  });
});

describe('keys', () => {
  it('of different prefixes differ', () => {
    const seen = new Set<string>();
    for (let a = 0; a < 200; a++) {
      for (let b = 0; b < 200; b++) {
        const keys = chainKeys([a, b, 2 ** 40 + a], 3, undefined);
        seen.add(`${keys[2]},${keys[3]}`).add(`${keys[4]},${keys[5]}`);
      }
    }
    expect(seen.size).toBe(80_000);
  });

  it('are found, replaced and deleted in the table as in a Map', () => {
    const table = new KeyTable();
    const map = new Map<string, number>();
    const random = createRandom(3, 'keys');
    for (let i = 0; i < 20_000; i++) {
      const [low, high] = [random.int(60) * 1024, random.int(30)];
      const key = `${low}/${high}`;
      if (random.next() < 0.5) {
        table.set(low, high, i);
        map.set(key, i);
      } else {
        table.delete(low, high);
        map.delete(key);
      }
      if (table.size !== map.size || table.get(low, high) !== (map.get(key) ?? -1))
        expect.fail(`differs at ${i}`);
    }
    expect(table.size).toBe(map.size);
    for (const [key, value] of map) {
      const [low, high] = key.split('/').map(Number);
      expect(table.get(low!, high!)).toBe(value);
    }
  });

  it('of coarse hashes above 32 bits matter in full', () => {
    expect(chainKeys([1], 1, undefined)).not.toEqual(chainKeys([1 + 2 ** 32], 1, undefined));
  });
});
