/** DCGM's counters are what the engine did: energy, time held back, bytes between GPUs, errors. */
import { describe, expect, it } from 'vitest';
import { expositionText } from '../../../../src/lib/exposition.js';
import type { Cluster } from '../../../../src/simulator/cluster/cluster.js';
import type { CostModel } from '../../../../src/simulator/cluster/cost.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import type { ReplicaSnapshot } from '../../../../src/simulator/cluster/snapshot.js';
import { dcgmMetrics } from '../../../../src/simulator/telemetry/dcgm.js';
import { createCluster, request, type TestOptions, workload } from '../../../support/cluster.js';
import { parseExposition, valueOf } from '../../../support/prometheus.js';

const GPUS = 2;
const h100 = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100', tensorParallel: GPUS });
/** Of an H100. */
const [IDLE_W, BOARD_W] = [115, 700];

/** The counter of one GPU of the fleet. */
function counter(cluster: Cluster, name: string, gpu: number): number {
  const clusters = [{ model: 'm', cluster: cluster.snapshot() }];
  const text = expositionText((out) => dcgmMetrics(out, clusters));
  return valueOf(parseExposition(text), `DCGM_FI_${name}`, { gpu: String(gpu) });
}

/** The share of the range from idle to board power that a step asks for. */
const demandOf = ({ tensor, memory }: { tensor: number; memory: number }): number =>
  0.25 + 1.1 * tensor + 0.45 * memory;

/** Energy of a GPU by the work of its replica, mJ, as long as the board's limit held nothing back. */
const energyMj = ({ counters }: ReplicaSnapshot, elapsedMs: number): number => {
  const { busyMs, tensorMs, memoryMs } = counters;
  return IDLE_W * elapsedMs + (BOARD_W - IDLE_W) * (0.25 * busyMs + 1.1 * tensorMs + 0.45 * memoryMs);
};

function worked(options: TestOptions = {}, promptTokens = 2000): Cluster {
  const { cluster } = createCluster({ replicas: 2, cost: h100, ...options });
  const shape = { seed: 3, requests: 80, gapMs: 15, promptTokens, outputTokens: 200, families: 4 };
  for (const each of workload(shape)) cluster.submit(each, each.arrivalMs);
  cluster.advance(60_000);
  expect(cluster.inFlight).toBe(0);
  return cluster;
}

describe('after work', () => {
  it('each GPU has spent what the steps of its replica drew, and idle power in between', () => {
    const cluster = worked({}, 60);
    for (const [r, replica] of cluster.snapshot().replicas.entries()) {
      expect(replica.counters.busyMs).toBeGreaterThan(1000);
      for (const gpu of [GPUS * r, GPUS * r + 1]) {
        expect(counter(cluster, 'DEV_POWER_VIOLATION', gpu)).toBe(0);
        const spent = counter(cluster, 'DEV_TOTAL_ENERGY_CONSUMPTION', gpu);
        expect(spent / energyMj(replica, 60_000)).toBeCloseTo(1, 6);
      }
    }
  });

  it('it was held back exactly while steps asked for more than the board gives, and spent no more than that', () => {
    let heldBackMs = 0;
    const cost: CostModel = {
      ...h100,
      activity: (batch, ms) => {
        // Only prompts ask for so much, and a step with prompts is a run of its own.
        const activity = { ...h100.activity(batch, ms), ...(batch.prefills.length > 0 && { tensor: 0.8 }) };
        if (demandOf(activity) > 1) heldBackMs += ms;
        return activity;
      },
    };
    const cluster = worked({ replicas: 1, cost }, 6000);
    const [replica] = cluster.snapshot().replicas;
    expect(heldBackMs).toBeGreaterThan(100);
    for (const gpu of [0, 1]) {
      expect(counter(cluster, 'DEV_POWER_VIOLATION', gpu) / 1e6).toBeCloseTo(heldBackMs, 3);
      const spent = counter(cluster, 'DEV_TOTAL_ENERGY_CONSUMPTION', gpu);
      expect(spent).toBeLessThan(energyMj(replica!, 60_000));
      expect(spent).toBeGreaterThan(IDLE_W * 60_000 + (BOARD_W - IDLE_W) * heldBackMs);
    }
  });

  it('bytes between the GPUs are those of the steps, both ways', () => {
    const cluster = worked();
    for (const [r, { counters }] of cluster.snapshot().replicas.entries()) {
      const megabytes = (2 * counters.interconnectBytes) / GPUS / 1e6;
      expect(megabytes).toBeGreaterThan(1000);
      expect(counter(cluster, 'DEV_NVLINK_BANDWIDTH_TOTAL', GPUS * r)).toBe(Math.round(megabytes));
    }
  });

  it('lowered clocks count while steps are computed, not while nothing is', () => {
    const failures = [
      { kind: 'thermal', replica: 0, atMs: 0, durationMs: 60_000, factor: 2 } as const,
      { kind: 'slow', replica: 1, atMs: 0, durationMs: 60_000, factor: 2 } as const,
    ];
    const cluster = worked({ failures });
    const [hot, slow] = cluster.snapshot().replicas;
    expect(hot!.counters.busyMs).toBeLessThan(50_000);
    expect(counter(cluster, 'DEV_THERMAL_VIOLATION', 0) / 1e6).toBeCloseTo(hot!.counters.busyMs, 3);
    expect(slow!.counters.busyMs).toBeGreaterThan(1000);
    expect(counter(cluster, 'DEV_THERMAL_VIOLATION', GPUS)).toBe(0);
  });

  it('clocks are lowered at the temperature that makes it necessary, and the heat stays for a while', () => {
    const { cluster } = createCluster({
      cost: h100,
      failures: [{ kind: 'thermal', replica: 0, atMs: 0, durationMs: 300, factor: 2 }],
    });
    cluster.submit(request(1, { outputTokens: 300 }), 0);
    cluster.advance(200);
    const temperature = (): number => counter(cluster, 'DEV_GPU_TEMP', 0);
    expect(temperature()).toBe(87);
    cluster.advance(2000);
    expect(temperature()).toBeGreaterThan(75);
  });

  it('a step that a crash has cut is paid for, though no step is counted', () => {
    const { cluster } = createCluster({
      cost: h100,
      onCrash: 'fail',
      failures: [{ kind: 'crash', replica: 0, atMs: 10, downMs: 5 }],
    });
    cluster.submit(request(1, { promptTokens: 7000, outputTokens: 10 }), 0);
    cluster.advance(1000);
    const [replica] = cluster.snapshot().replicas;
    expect(replica!.counters).toMatchObject({ steps: 0, busyMs: 0, prefillTokens: 0 });
    const spent = counter(cluster, 'DEV_TOTAL_ENERGY_CONSUMPTION', 0);
    expect(spent).toBeGreaterThan(IDLE_W * 1000 + (BOARD_W - IDLE_W) * 10 * 0.5);
    expect(spent).toBeLessThanOrEqual(IDLE_W * 1000 + (BOARD_W - IDLE_W) * 10 + 1);
  });

  it('errors are those that happened, on the first GPU of the replica', () => {
    const xid = (replica: number, atMs: number, code: number) =>
      ({ kind: 'xid', replica, atMs, code, downMs: 100 }) as const;
    const cluster = worked({
      failures: [xid(1, 10, 63), xid(1, 20, 63), xid(1, 30, 94), xid(0, 40, 79), xid(1, 50_000, 64)],
    });
    const of = (name: string): number[] => [0, 1, 2, 3].map((gpu) => counter(cluster, name, gpu));
    expect(of('DEV_ECC_DBE_VOL_TOTAL')).toEqual([0, 0, 1, 0]);
    expect(of('DEV_UNCORRECTABLE_REMAPPED_ROWS')).toEqual([0, 0, 2, 0]);
    expect(of('DEV_ROW_REMAP_FAILURE')).toEqual([0, 0, 1, 0]);
    // A restart clears nothing: DCGM keeps the last error until the driver is reset.
    expect(of('DEV_XID_ERRORS')).toEqual([79, 0, 64, 0]);
  });
});
