import { describe, expect, it } from 'vitest';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { REQUEST_BOUNDS } from '../../../../src/simulator/cluster/request-meters.js';
import { packClusters, unpackClusters } from '../../../../src/server/telemetry/packed-clusters.js';
import { createCluster, workload } from '../../../support/cluster.js';

const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' });

describe('packed clusters', () => {
  it('say all that the snapshot says, at the instant of packing', () => {
    const { cluster } = createCluster({ replicas: 3, cost });
    const shape = { seed: 5, requests: 40, gapMs: 20, promptTokens: 900, outputTokens: 60, families: 4 };
    for (const each of workload(shape)) cluster.submit(each, each.arrivalMs);
    cluster.advance(900);
    const clusters = [
      { model: 'one', cluster: cluster.snapshot() },
      { model: 'zwei ü', cluster: createCluster({ replicas: 1, cost }).cluster.snapshot() },
    ];
    const bytes = packClusters(clusters);
    const expected = plain(clusters);
    expect(plain(unpackClusters(bytes))).toEqual(expected);
    cluster.advance(Infinity);
    expect(plain(unpackClusters(bytes))).toEqual(expected);
    expect(plain([{ model: 'one', cluster: cluster.snapshot() }])).not.toEqual(expected.slice(0, 1));
  });

  it('have the bounds by which the cluster counts', () => {
    const [one] = unpackClusters(packClusters([{ model: 'm', cluster: createCluster().cluster.snapshot() }]));
    for (const { requests } of one!.cluster.replicas) {
      for (const [key, bounds] of Object.entries(REQUEST_BOUNDS))
        expect(requests[key as keyof typeof REQUEST_BOUNDS].bounds).toBe(bounds);
    }
  });
});

/** Data without classes or views, as of now. */
const plain = (value: unknown): unknown[] =>
  JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      ArrayBuffer.isView(part) ? [...(part as Float64Array)] : part,
    ),
  ) as unknown[];
