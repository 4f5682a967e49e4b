/** Our own names for what only we know of the cluster: router, tiers, failures, workload, energy. */
import { Exposition, labelText, type MetricType } from '../../lib/exposition.js';
import type { ClusterSnapshot, ReplicaSnapshot } from '../cluster/snapshot.js';

type Row = readonly [
  name: string,
  type: MetricType,
  help: string,
  value: (replica: ReplicaSnapshot) => number,
];

const REPLICA_ROWS: readonly Row[] = [
  ['replica_up', 'gauge', 'Whether the replica serves.', ({ up }) => (up ? 1 : 0)],
  ['replica_slowness', 'gauge', 'Factor on the time of a step; 1 when healthy.', ({ slowness }) => slowness],
  ['replica_running', 'gauge', 'Sequences in the batch.', ({ running }) => running],
  ['replica_waiting', 'gauge', 'Sequences that wait for admission.', ({ waiting }) => waiting],
  ['replica_steps_total', 'counter', 'Engine steps.', ({ counters }) => counters.steps],
  [
    'replica_busy_seconds_total',
    'counter',
    'Time in which steps were computed.',
    ({ counters }) => counters.busyMs / 1000,
  ],
  [
    'replica_prefill_tokens_total',
    'counter',
    'Prompt tokens computed, those found in the cache not among them.',
    ({ counters }) => counters.prefillTokens,
  ],
  [
    'replica_decode_tokens_total',
    'counter',
    'Tokens computed for generation, drafts that were rejected among them.',
    ({ counters }) => counters.decodeTokens,
  ],
  [
    'replica_preemptions_total',
    'counter',
    'Sequences put back for want of KV blocks.',
    ({ preemptions }) => preemptions,
  ],
  ['kv_blocks', 'gauge', 'KV blocks in GPU memory.', ({ totalBlocks }) => totalBlocks],
  ['kv_blocks_used', 'gauge', 'KV blocks that sequences hold.', ({ usedBlocks }) => usedBlocks],
  [
    'kv_blocks_cached',
    'gauge',
    'KV blocks that are kept for later and can be evicted.',
    ({ cachedBlocks }) => cachedBlocks,
  ],
  [
    'kv_queried_tokens_total',
    'counter',
    'Prompt tokens looked up in the cache.',
    ({ kv }) => kv.queriedTokens,
  ],
  ['kv_hit_tokens_total', 'counter', 'Prompt tokens found in the cache.', ({ kv }) => kv.hitTokens],
  [
    'kv_evicted_blocks_total',
    'counter',
    'Cached blocks given up for new ones.',
    ({ kv, unitTokens, blockTokens }) => (kv.evictedUnits * unitTokens) / blockTokens,
  ],
  [
    'kv_expired_blocks_total',
    'counter',
    'Cached blocks forgotten for their age.',
    ({ kv, unitTokens, blockTokens }) => (kv.expiredUnits * unitTokens) / blockTokens,
  ],
  [
    'kv_handed_over_bytes_total',
    'counter',
    'Keys and values sent to decode replicas.',
    ({ handedOverBytes }) => handedOverBytes,
  ],
];

/**
 * The `fakeai_*` metrics of the cluster.
 *
 * @param modelOf - the name under which a replica's model is served
 */
export function engineMetrics(snapshot: ClusterSnapshot, modelOf: (replica: number) => string): string {
  const out = new Exposition();
  const labels = snapshot.replicas.map(({ index }) => labelText({ model: modelOf(index), replica: index }));
  for (const [name, type, help, value] of REPLICA_ROWS) {
    out.family(`fakeai_${name}`, type, help);
    snapshot.replicas.forEach((replica, i) => out.sample(labels[i]!, value(replica)));
  }
  tiers(out, snapshot.replicas, labels);
  requests(out, snapshot);
  routers(out, snapshot);
  workload(out, snapshot);
  return out.toString();
}

function tiers(out: Exposition, replicas: readonly ReplicaSnapshot[], labels: readonly string[]): void {
  if (!replicas.some((replica) => replica.tiers.length > 0)) return;
  for (const [name, key, type, help] of [
    ['blocks', 'units', 'gauge', 'KV blocks that the tier holds.'],
    ['stored_blocks_total', 'storedUnits', 'counter', 'KV blocks moved down into the tier.'],
    ['loaded_blocks_total', 'loadedUnits', 'counter', 'KV blocks read back from the tier.'],
    ['evicted_blocks_total', 'evictedUnits', 'counter', 'KV blocks that the tier gave up.'],
  ] as const) {
    out.family(`fakeai_kv_tier_${name}`, type, help);
    replicas.forEach((replica, i) => {
      const unitBlocks = replica.unitTokens / replica.blockTokens;
      for (const tier of replica.tiers)
        out.sample(`${labels[i]!},${labelText({ tier: tier.name })}`, tier[key] * unitBlocks);
    });
  }
}

function requests(out: Exposition, { totals, batching, stranded }: ClusterSnapshot): void {
  out.family('fakeai_engine_requests_total', 'counter', 'Sequences by what became of them.');
  const { submitted, completed, aborted, failed, rejected, coalesced, requeued } = totals;
  for (const [outcome, count] of Object.entries({ submitted, completed, aborted, failed, ...rejected })) {
    out.sample({ outcome }, count);
  }
  out.family('fakeai_engine_coalesced_total', 'counter', 'Requests that joined an equal one in flight.');
  out.sample('', coalesced);
  out.family('fakeai_engine_requeued_total', 'counter', 'Sequences that went on elsewhere after a crash.');
  out.sample('', requeued);
  out.family('fakeai_engine_stranded', 'gauge', 'Sequences without a replica to go on.').sample('', stranded);
  out.family('fakeai_router_batches_total', 'counter', 'Batches that the router placed together.');
  out.sample('', batching.batches);
}

function routers(out: Exposition, snapshot: ClusterSnapshot): void {
  const pool = (i: number): string =>
    snapshot.routers.length === 1 ? 'all' : i === 0 ? 'prefill' : 'decode';
  const labels = snapshot.routers.map(({ policy }, i) => labelText({ pool: pool(i), policy }));
  out.family('fakeai_router_decisions_total', 'counter', 'Requests placed, by replica of the pool.');
  snapshot.routers.forEach(({ decisions }, i) =>
    decisions.forEach((count, replica) => out.sample(`${labels[i]!},replica="${replica}"`, count)),
  );
  for (const [name, key, type, help] of [
    ['failures_total', 'failures', 'counter', 'Placements that failed.'],
    ['unavailable_total', 'unavailable', 'counter', 'Requests for which no replica might be used.'],
    ['circuits_opened_total', 'circuitsOpened', 'counter', 'Circuits opened after failures.'],
    ['circuits_closed_total', 'circuitsClosed', 'counter', 'Circuits closed again.'],
    ['circuits_not_closed', 'circuitsNotClosed', 'gauge', 'Circuits that are open or half open.'],
    ['probes_total', 'probes', 'counter', 'Requests that tried a half open circuit.'],
  ] as const) {
    out.family(`fakeai_router_${name}`, type, help);
    snapshot.routers.forEach((router, i) => out.sample(labels[i]!, router[key]));
  }
  out.family('fakeai_router_policy_value', 'gauge', 'What the policy counts, by its own names.');
  snapshot.routers.forEach(({ counters }, i) => {
    for (const [key, value] of Object.entries(counters))
      out.sample(`${labels[i]!},${labelText({ value: key })}`, value);
  });
}

function workload(out: Exposition, { workload: seen }: ClusterSnapshot): void {
  out.family('fakeai_workload_requests_per_second', 'gauge', 'Arrivals, smoothed.').sample('', seen.rateRps);
  out.family('fakeai_workload_forecast_requests_per_second', 'gauge', 'Arrivals expected in 15 seconds.');
  out.sample('', seen.forecastRps);
  out.family('fakeai_workload_burstiness', 'gauge', 'Coefficient of variation of the gaps between arrivals.');
  out.sample('', seen.burstiness);
}
