import { describe, expect, it } from 'vitest';
import { MediaCache } from '../../../../src/simulator/cluster/media-cache.js';
import type { ClusterSnapshot } from '../../../../src/simulator/cluster/snapshot.js';
import { createCluster, request } from '../../../support/cluster.js';

describe('the cache of prepared media', () => {
  it('finds what was asked for before, by content', () => {
    const cache = new MediaCache();
    cache.query([1, 2, 1]);
    cache.query([]);
    cache.query([2, 3]);
    expect(cache.statistics).toEqual({ queries: 5, hits: 2 });
    cache.clear();
    cache.query([1]);
    expect(cache.statistics).toEqual({ queries: 6, hits: 2 });
  });

  it('gives up what was not asked for the longest', () => {
    const cache = new MediaCache();
    const items = Array.from({ length: 4096 }, (_, i) => i);
    cache.query(items);
    cache.query([0, 5000]);
    expect(cache.statistics.hits).toBe(1);
    // The oldest was 1 then.
    cache.query([0, 2]);
    expect(cache.statistics.hits).toBe(3);
    cache.query([1]);
    expect(cache.statistics.hits).toBe(3);
  });
});

describe('replicas', () => {
  const media = [7, 8];
  const seen = ({ replicas }: ClusterSnapshot): [number, number][] =>
    replicas.map((replica) => [replica.media.queries, replica.media.hits]);

  it('have one each, which they lose with their memory', () => {
    const { cluster } = createCluster({ replicas: 2 });
    // By turns, two for each of them.
    for (let id = 0; id < 4; id++) cluster.submit(request(id, { media }), id * 1000);
    cluster.advance(Infinity);
    expect(seen(cluster.snapshot())).toEqual([
      [4, 2],
      [4, 2],
    ]);
    cluster.inject({ kind: 'crash', replica: 0, atMs: cluster.nowMs, downMs: 10 });
    cluster.advance(cluster.nowMs + 100);
    for (let id = 4; id < 6; id++) cluster.submit(request(id, { media }), cluster.nowMs);
    cluster.advance(Infinity);
    expect(seen(cluster.snapshot())).toEqual([
      [6, 2],
      [6, 4],
    ]);
  });

  it('that only decode prepare nothing, and those that refuse a request neither', () => {
    const { cluster } = createCluster({
      replicas: 2,
      disaggregation: { prefillReplicas: 1 },
      scheduler: { maxNumSeqs: 1, maxQueue: 1 },
    });
    for (let id = 0; id < 3; id++) cluster.submit(request(id, { media }), 0);
    cluster.advance(Infinity);
    const { totals } = cluster.snapshot();
    expect(totals.completed).toBeGreaterThan(0);
    expect(seen(cluster.snapshot())).toEqual([
      [2 * totals.completed, 2 * (totals.completed - 1)],
      [0, 0],
    ]);
    expect(totals.rejected.queue_full).toBe(3 - totals.completed);
  });
});
