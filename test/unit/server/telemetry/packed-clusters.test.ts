import { describe, expect, it } from 'vitest';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { REQUEST_BOUNDS } from '../../../../src/simulator/cluster/request-meters.js';
import { clusterPacker, clusterUnpacker } from '../../../../src/server/telemetry/packed-clusters.js';
import { createCluster, workload } from '../../../support/cluster.js';

const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' });

describe('packed clusters', () => {
  it('say all that the snapshot says, at the instant of packing, again and again', () => {
    const { cluster } = createCluster({ replicas: 3, cost });
    const shape = { seed: 5, requests: 40, gapMs: 20, promptTokens: 900, outputTokens: 60, families: 4 };
    for (const each of workload(shape)) cluster.submit(each, each.arrivalMs);
    cluster.advance(900);
    const clusters = [
      { model: 'one', cluster: cluster.snapshot() },
      { model: 'zwei ü', cluster: createCluster({ replicas: 1, cost }).cluster.snapshot() },
    ];
    const packer = clusterPacker();
    const unpacker = clusterUnpacker();
    const message = packer.write(clusters);
    const expected = plain(clusters);
    cluster.advance(Infinity);
    expect(plain(unpacker.read(message))).toEqual(expected);
    const later = [{ model: 'one', cluster: cluster.snapshot() }, clusters[1]!];
    expect(plain(later)).not.toEqual(expected);
    expect(plain(unpacker.read(packer.write(later)))).toEqual(plain(later));
  });

  it('have the bounds by which the cluster counts', () => {
    const state = [{ model: 'm', cluster: createCluster().cluster.snapshot() }];
    const [one] = clusterUnpacker().read(clusterPacker().write(state));
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
