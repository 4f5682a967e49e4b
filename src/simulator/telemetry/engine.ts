/** Our own names for what only we know of the cluster: router, tiers, failures, workload, energy. */
import type { BoundFamilies } from '../../lib/bound-families.js';
import { type Exposition, KeptLabels, labelText, type MetricType } from '../../lib/exposition.js';
import type { ArmComparison } from '../cluster/router/arms.js';
import type { RouterStatistics } from '../cluster/router/router.js';
import { LENGTH_CLASSES } from '../cluster/router/workload-profile.js';
import { allReplicas, blocksOf, type ModelCluster, type ModelReplica } from './model-cluster.js';
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
  ['replica_loading', 'gauge', 'Of these, those that wait for a lower tier.', ({ loading }) => loading],
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
    (replica) => blocksOf(replica, replica.kv.evictedUnits),
  ],
  [
    'kv_expired_blocks_total',
    'counter',
    'Cached blocks forgotten for their age.',
    (replica) => blocksOf(replica, replica.kv.expiredUnits),
  ],
  [
    'kv_handed_over_bytes_total',
    'counter',
    'Keys and values sent to decode replicas.',
    ({ handedOverBytes }) => handedOverBytes,
  ],
];

const REPLICAS = new KeptLabels((model, replica) => ({ model, replica }));
const MODELS = new KeptLabels((model) => ({ model }));
/** Of one label alone: its value is the name. */
const TIERS = new KeptLabels((tier) => ({ tier }));
const COUNTERS = new KeptLabels((value) => ({ value }));
const OUTCOMES = new KeptLabels((outcome) => ({ outcome }));
const PLACES = new KeptLabels((_name, replica) => ({ replica }));

/** The `fakeai_*` metrics of the clusters. */
export function engineMetrics(out: Exposition, clusters: readonly ModelCluster[]): void {
  out.bound('engine', clusters, (families) => bindMetrics(families, clusters));
}

function bindMetrics(out: BoundFamilies, clusters: readonly ModelCluster[]): void {
  const replicas = allReplicas(clusters);
  const labels = replicas.map(({ model, replica }) => REPLICAS.of(model, replica.index));
  for (const [name, type, help, value] of REPLICA_ROWS) {
    out.family(`fakeai_${name}`, type, help);
    replicas.forEach(({ replica }, i) => out.sample(labels[i]!, value, replica));
  }
  tiers(out, replicas, labels);
  const labelled = clusters.map(({ model, cluster }) => ({ labels: MODELS.of(model), cluster }));
  requests(out, labelled);
  routers(out, clusters);
  workload(out, labelled);
}

/** A cluster, and the labels of its model. */
interface Labelled {
  readonly labels: string;
  readonly cluster: ClusterSnapshot;
}

function tiers(out: BoundFamilies, replicas: readonly ModelReplica[], labels: readonly string[]): void {
  if (!replicas.some(({ replica }) => replica.tiers.length > 0)) return;
  for (const [name, key, type, help] of [
    ['blocks', 'units', 'gauge', 'KV blocks that the tier holds.'],
    ['stored_blocks_total', 'storedUnits', 'counter', 'KV blocks moved down into the tier.'],
    ['loaded_blocks_total', 'loadedUnits', 'counter', 'KV blocks read back from the tier.'],
    [
      'prefetched_blocks_total',
      'prefetchedUnits',
      'counter',
      'Of them, KV blocks that were on their way before it was the turn of their request.',
    ],
    ['evicted_blocks_total', 'evictedUnits', 'counter', 'KV blocks that the tier gave up.'],
  ] as const) {
    out.family(`fakeai_kv_tier_${name}`, type, help);
    replicas.forEach(({ replica }, i) => {
      for (const tier of replica.tiers)
        out.sample(labels[i]!, (one) => blocksOf(replica, one[key]), tier, TIERS.of(tier.name));
    });
  }
}

const ENDS = ['submitted', 'completed', 'aborted', 'failed'] as const;

function requests(out: BoundFamilies, clusters: readonly Labelled[]): void {
  out.family('fakeai_engine_requests_total', 'counter', 'Sequences by what became of them.');
  for (const { labels, cluster } of clusters) {
    const { totals } = cluster;
    for (const outcome of ENDS) out.sample(labels, (all) => all[outcome], totals, OUTCOMES.of(outcome));
    for (const reason of Object.keys(totals.rejected) as (keyof typeof totals.rejected)[])
      out.sample(labels, (all) => all[reason], totals.rejected, OUTCOMES.of(reason));
  }
  for (const [name, type, help, value] of [
    [
      'engine_coalesced_total',
      'counter',
      'Requests that joined an equal one in flight.',
      ({ totals }) => totals.coalesced,
    ],
    [
      'engine_requeued_total',
      'counter',
      'Sequences that went on elsewhere after a crash.',
      ({ totals }) => totals.requeued,
    ],
    ['engine_stranded', 'gauge', 'Sequences without a replica to go on.', ({ stranded }) => stranded],
    [
      'router_batches_total',
      'counter',
      'Batches that the router placed together.',
      ({ batching }) => batching.batches,
    ],
    [
      'router_batched_requests_total',
      'counter',
      'Requests in these batches.',
      ({ batching }) => batching.requests,
    ],
  ] as readonly (readonly [string, MetricType, string, (cluster: ClusterSnapshot) => number])[]) {
    out.family(`fakeai_${name}`, type, help);
    for (const { labels, cluster } of clusters) out.sample(labels, value, cluster);
  }
}

const POOLS = ['prefill', 'decode'] as const;

interface LabelledRouter {
  readonly router: RouterStatistics;
  readonly labels: string;
}

function routers(out: BoundFamilies, clusters: readonly ModelCluster[]): void {
  const all = clusters.flatMap(({ model, cluster }) =>
    cluster.routers.map((router, i) => {
      const pool = cluster.routers.length === 1 ? 'all' : POOLS[i]!;
      return { router, labels: labelText({ model, pool, policy: router.policy }) };
    }),
  );
  out.family('fakeai_router_decisions_total', 'counter', 'Requests placed, by replica of the pool.');
  for (const { router, labels } of all)
    router.decisions.forEach((_count, replica) =>
      out.sample(labels, (all) => all[replica]!, router.decisions, PLACES.of('', replica)),
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
    for (const { router, labels } of all) out.sample(labels, (one) => one[key], router);
  }
  out.family('fakeai_router_policy_value', 'gauge', 'What the policy counts, by its own names.');
  for (const { router, labels } of all) {
    for (const key of Object.keys(router.counters))
      out.sample(labels, (counters) => counters[key]!, router.counters, COUNTERS.of(key));
  }
  splits(out, all);
}

const ARMS = new KeptLabels((arm) => ({ arm }));

const secondsOf = (meanMs: number | null, count: number): number => ((meanMs ?? 0) / 1000) * count;

/** Of A/B splits: what share each arm got, and how its requests fared. */
function splits(out: BoundFamilies, all: readonly LabelledRouter[]): void {
  const split = all.flatMap(({ router, labels }) => (router.arms ?? []).map((arm) => ({ arm, labels })));
  if (split.length === 0) return;
  for (const [name, type, help, value] of [
    ['share', 'gauge', 'Share of the requests that was asked for.', (arm) => arm.share],
    ['requests_total', 'counter', 'Requests that the arm placed.', (arm) => arm.requests],
    ['ended_total', 'counter', 'Of them, those that ended well.', (arm) => arm.ended],
    ['failed_total', 'counter', 'Of them, those that failed.', (arm) => arm.failed],
    [
      'first_tokens_total',
      'counter',
      'Of those that ended well: with a first token.',
      (arm) => arm.firstTokens,
    ],
    [
      'time_to_first_token_seconds_total',
      'counter',
      'Sum of their times from placing to the first token.',
      (arm) => secondsOf(arm.ttftMeanMs, arm.firstTokens),
    ],
    [
      'duration_seconds_total',
      'counter',
      'Sum of the times from placing to the end, of those that ended well.',
      (arm) => secondsOf(arm.e2eMeanMs, arm.ended),
    ],
  ] as readonly (readonly [string, MetricType, string, (arm: ArmComparison) => number])[]) {
    out.family(`fakeai_router_arm_${name}`, type, help);
    for (const { arm, labels } of split) out.sample(labels, value, arm, ARMS.of(arm.name));
  }
}

const CLASSES = new KeptLabels((_name, i) => ({ prompt_tokens_up_to: LENGTH_CLASSES[i] ?? '+Inf' }));

function workload(out: BoundFamilies, clusters: readonly Labelled[]): void {
  for (const [name, key, help] of [
    ['requests_per_second', 'rateRps', 'Arrivals, smoothed.'],
    ['forecast_requests_per_second', 'forecastRps', 'Arrivals expected in 15 seconds.'],
    ['burstiness', 'burstiness', 'Coefficient of variation of the gaps between arrivals.'],
  ] as const) {
    out.family(`fakeai_workload_${name}`, 'gauge', help);
    for (const { labels, cluster } of clusters) out.sample(labels, (load) => load[key], cluster.workload);
  }
  for (const [name, key, type, help] of [
    ['requests_total', 'requests', 'counter', 'Arrivals, by length class of the prompt.'],
    ['prompt_tokens', 'promptTokens', 'gauge', 'Prompt tokens of the class, moving average.'],
    ['output_tokens', 'outputTokens', 'gauge', 'Output to expect of the class, which routers use; tokens.'],
  ] as const) {
    out.family(`fakeai_workload_class_${name}`, type, help);
    for (const { labels, cluster } of clusters) {
      cluster.workload.classes.forEach((profile, i) =>
        out.sample(labels, (one) => one[key], profile, CLASSES.of('', i)),
      );
    }
  }
}
