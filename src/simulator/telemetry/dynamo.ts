/** Metrics of AI-Dynamo's workers, router and block manager, from the cluster's state. One replica is one worker. */
import type { BoundFamilies } from '../../lib/bound-families.js';
import { HistogramSum } from '../../lib/bucket-histogram.js';
import { type Exposition, KeptLabels, type Labels } from '../../lib/exposition.js';
import type { ClusterSnapshot, ReplicaSnapshot } from '../cluster/snapshot.js';
import { COUNTED, DYNAMO } from './bounds.js';
import {
  allReplicas,
  blocksOf,
  finishedOf,
  roleOf,
  shareOf,
  sumOf,
  type ModelCluster,
  type ModelReplica,
} from './model-cluster.js';

const NAMESPACE = 'dynamo';

type Each = (write: (replica: ReplicaSnapshot, labels: string, cluster: ClusterSnapshot) => void) => void;

type Role = ReturnType<typeof roleOf>;

/** Labels of each role. */
const perRole = (make: (role: Role, model: string, index: number) => Labels): Record<Role, KeptLabels> => {
  const ofRole = (role: Role): KeptLabels => new KeptLabels((model, index) => make(role, model, index));
  return { aggregated: ofRole('aggregated'), prefill: ofRole('prefill'), decode: ofRole('decode') };
};

const COMPONENTS = perRole((role, model, index) => ({
  dynamo_namespace: NAMESPACE,
  dynamo_component: role === 'prefill' ? 'prefill' : 'backend',
  dynamo_endpoint: 'generate',
  model,
  worker_id: index,
}));
const WORKERS = perRole((role, model, index) => ({
  model,
  worker_id: index,
  dp_rank: 0,
  worker_type: role,
}));
const REGISTERED = perRole((role, model, index) => ({
  dynamo_namespace: NAMESPACE,
  dynamo_component: 'router',
  model,
  router_worker_id: index,
  dp_rank: 0,
  worker_type: role,
}));
const ROUTERS = new KeptLabels((model) => ({
  dynamo_namespace: NAMESPACE,
  dynamo_component: 'router',
  dynamo_endpoint: 'generate',
  model,
  router_id: 0,
}));
const MODELS = new KeptLabels((model) => ({ model }));

/** All `dynamo_component_*`, per-worker `dynamo_frontend_*` and `kvbm_*` metrics. */
export function dynamoMetrics(out: Exposition, clusters: readonly ModelCluster[]): void {
  out.bound('dynamo', clusters, (families) => bindMetrics(families, clusters));
}

function bindMetrics(out: BoundFamilies, clusters: readonly ModelCluster[]): void {
  const replicas = allReplicas(clusters);
  const labels = replicas.map((each) => COMPONENTS[roleOf(each)].of(each.model, each.replica.index));
  const each: Each = (write) =>
    replicas.forEach(({ replica, cluster }, i) => write(replica, labels[i]!, cluster));
  components(out, each);
  blocks(out, each);
  workers(out, replicas);
  deployment(out, clusters);
  router(out, clusters);
  if (replicas.some(({ replica }) => replica.tiers.length > 0)) blockManager(out, each);
}

function components(out: BoundFamilies, each: Each): void {
  out.family('dynamo_component_inflight_requests', 'gauge', 'Requests currently being processed');
  each((replica, text) => out.sample(text, ({ running, waiting }) => running + waiting, replica));
  out.family('dynamo_component_requests_total', 'counter', 'Total requests processed');
  each((replica, text) => out.sample(text, finishedOf, replica.requests));
  out.family('dynamo_component_errors_total', 'counter', 'Total number of errors in processing');
  each(({ requests }, text) =>
    out.sample(text, ({ error }) => error, requests.finished, 'error_type="generate"'),
  );
  out.family('dynamo_component_request_duration_seconds', 'histogram', 'Request processing time');
  each(({ requests }, text) => out.histogram(text, requests.e2eS, DYNAMO.componentS));
  out.family('dynamo_component_uptime_seconds', 'gauge', 'Uptime of the runtime in seconds');
  each((_replica, text, cluster) => out.sample(text, ({ nowMs }) => nowMs / 1000, cluster));
}

function blocks(out: BoundFamilies, each: Each): void {
  const gauge = (name: string, help: string, value: (replica: ReplicaSnapshot) => number): void => {
    out.family(`dynamo_component_kvstats_${name}`, 'gauge', help);
    each((replica, text) => out.sample(text, value, replica));
  };
  gauge('active_blocks', 'Number of active KV cache blocks currently in use', ({ usedBlocks }) => usedBlocks);
  gauge('total_blocks', 'Total number of KV cache blocks available', ({ totalBlocks }) => totalBlocks);
  gauge(
    'gpu_cache_usage_percent',
    'GPU cache usage as a percentage (0.0-1.0)',
    ({ usedBlocks, totalBlocks }) => shareOf(usedBlocks, totalBlocks),
  );
  gauge('gpu_prefix_cache_hit_rate', 'GPU prefix cache hit rate as a percentage (0.0-1.0)', ({ kv }) =>
    shareOf(kv.hitTokens, kv.queriedTokens),
  );
}

/** Tokens that a worker has been given to compute and has not, as its router keeps books of them. */
function prefillTokensOf({ cluster, replica }: ModelReplica): number {
  const [first, second] = cluster.routers;
  const here = replica.index - (first?.prefillTokens.length ?? 0);
  return (here < 0 ? first : second)?.prefillTokens[here < 0 ? replica.index : here] ?? 0;
}

/** What the frontend knows of each worker: name, meaning, value. */
const WORKER_GAUGES: readonly (readonly [string, string, (each: ModelReplica) => number])[] = [
  ['active_decode_blocks', 'Active KV cache decode blocks per worker', ({ replica }) => replica.usedBlocks],
  ['active_prefill_tokens', 'Active prefill tokens queued per worker', prefillTokensOf],
  ['waiting_requests', 'Requests waiting inside each backend worker rank', ({ replica }) => replica.waiting],
  [
    'last_time_to_first_token_seconds',
    'Last observed time to first token per worker (in seconds)',
    ({ replica }) => replica.requests.last.ttftS,
  ],
  [
    'last_input_sequence_tokens',
    'Last observed input sequence tokens per worker',
    ({ replica }) => replica.requests.last.promptTokens,
  ],
  [
    'last_inter_token_latency_seconds',
    'Last observed inter-token latency per worker (in seconds)',
    ({ replica }) => replica.requests.last.itlS,
  ],
];

function workers(out: BoundFamilies, replicas: readonly ModelReplica[]): void {
  const labels = replicas.map((each) => WORKERS[roleOf(each)].of(each.model, each.replica.index));
  for (const [name, help, value] of WORKER_GAUGES) {
    out.family(`dynamo_frontend_worker_${name}`, 'gauge', help);
    replicas.forEach((each, i) => out.sample(labels[i]!, value, each));
  }
  out.family(
    'dynamo_component_router_worker_registered',
    'gauge',
    'Whether the router currently has this worker/dp_rank registered (1 = registered)',
  );
  for (const each of replicas) {
    const up = out.depends(isUp, each.replica) === 1;
    if (up) out.constant(REGISTERED[roleOf(each)].of(each.model, each.replica.index), 1);
  }
}

const isUp = ({ up }: ReplicaSnapshot): number => (up ? 1 : 0);

/** What a worker of each model is configured with. */
function deployment(out: BoundFamilies, clusters: readonly ModelCluster[]): void {
  const gauge = (suffix: string, help: string, value: (replica: ReplicaSnapshot) => number): void => {
    out.family(`dynamo_frontend_model_${suffix}`, 'gauge', help);
    for (const { model, cluster } of clusters) out.sample(MODELS.of(model), value, cluster.replicas[0]!);
  };
  gauge('total_kv_blocks', 'Total KV cache blocks available for a worker serving the model', (replica) => {
    return replica.totalBlocks;
  });
  gauge('max_num_seqs', 'Maximum number of sequences for a worker serving the model', (replica) => {
    return replica.maxNumSeqs;
  });
  gauge(
    'max_num_batched_tokens',
    'Maximum number of batched tokens for a worker serving the model',
    ({ maxNumBatchedTokens }) => maxNumBatchedTokens,
  );
  gauge(
    'kv_cache_block_size',
    'KV cache block size in tokens for a worker serving the model',
    ({ blockTokens }) => blockTokens,
  );
  out.family(
    'dynamo_frontend_model_context_length',
    'gauge',
    'Maximum context length in tokens for a worker serving the model',
  );
  for (const { model, cluster } of clusters)
    out.sample(MODELS.of(model), ({ longestTokens }) => longestTokens, cluster);
}

/** Requests that the first router has placed. */
const placedIn = ({ routers }: ClusterSnapshot): number =>
  sumOf(routers[0]?.decisions ?? [], (count) => count);

/** What the routers saw: all workers of a model together. */
function router(out: BoundFamilies, clusters: readonly ModelCluster[]): void {
  const labels = clusters.map(({ model }) => ROUTERS.of(model));
  const name = (suffix: string): string => `dynamo_component_router_${suffix}`;
  for (const [suffix, help] of [
    ['requests_started_total', 'Total number of requests admitted by the router scheduler'],
    ['requests_total', 'Total number of requests processed by the router'],
  ] as const) {
    out.family(name(suffix), 'counter', help);
    clusters.forEach(({ cluster }, i) => out.sample(labels[i]!, placedIn, cluster));
  }
  out.family(name('kv_hit_rate'), 'histogram', 'Predicted KV cache hit rate at routing time (0.0-1.0)');
  clusters.forEach(({ cluster }, i) => out.histogram(labels[i]!, cluster.routers[0]!.hitShare, DYNAMO.share));
  for (const [suffix, key, bounds, help] of [
    ['time_to_first_token_seconds', 'ttftS', DYNAMO.ttftS, 'Time to first token observed at the router'],
    ['inter_token_latency_seconds', 'itlS', DYNAMO.itlS, 'Inter-token latency observed at the router'],
    ['input_sequence_tokens', 'promptTokens', DYNAMO.inputTokens, 'Input sequence length in tokens'],
    ['output_sequence_tokens', 'generationTokens', DYNAMO.outputTokens, 'Output sequence length in tokens'],
  ] as const) {
    out.family(name(suffix), 'histogram', help);
    clusters.forEach(({ cluster }, i) => {
      const parts = cluster.replicas.map(({ requests }) => requests[key]);
      out.histogram(labels[i]!, new HistogramSum(COUNTED[key], () => parts), bounds);
    });
  }
  out.family(
    'dynamo_frontend_router_queue_pending_requests',
    'gauge',
    'Requests that no worker can take yet',
  );
  for (const { model, cluster } of clusters) {
    const worker = cluster.routers.length > 1 ? 'prefill' : 'aggregated';
    const labels = `worker_type="${worker}",policy_class="default"`;
    out.sample(MODELS.of(model), ({ stranded }) => stranded, cluster, labels);
  }
  out.family(
    'dynamo_frontend_model_migration_total',
    'counter',
    'Total number of request migrations due to worker unavailability',
  );
  for (const { model, cluster } of clusters)
    out.sample(
      MODELS.of(model),
      ({ requeued }) => requeued,
      cluster.totals,
      'migration_type="ongoing_request"',
    );
}

/** Dynamo's names say where blocks come from and go to: device, host, disk. */
function blockManager(out: BoundFamilies, each: Each): void {
  const counter = (name: string, help: string, value: (replica: ReplicaSnapshot) => number): void => {
    out.family(`kvbm_${name}`, 'counter', help);
    each((replica, text) => out.sample(text, value, replica));
  };
  const moved =
    (tier: Tier, key: 'storedUnits' | 'loadedUnits', from: 'device' | Tier = 'device') =>
    (replica: ReplicaSnapshot): number => {
      const { tiers } = replica;
      // Without host memory the disk takes what leaves the device.
      if (key === 'storedUnits' && (tiers[0]?.name === tier) !== (from === 'device')) return 0;
      return blocksOf(replica, tiers.find(({ name }) => name === tier)?.[key] ?? 0);
    };
  const offloaded = 'The number of offload blocks from';
  counter('offload_blocks_d2h', `${offloaded} device to host`, moved('host', 'storedUnits'));
  counter('offload_blocks_h2d', `${offloaded} host to disk`, moved('disk', 'storedUnits', 'host'));
  counter(
    'offload_blocks_d2d',
    `${offloaded} device to disk (bypassing host memory)`,
    moved('disk', 'storedUnits'),
  );
  const onboarded = 'The number of onboard blocks from';
  counter('onboard_blocks_h2d', `${onboarded} host to device`, moved('host', 'loadedUnits'));
  counter('onboard_blocks_d2d', `${onboarded} disk to device`, moved('disk', 'loadedUnits'));
  counter('matched_tokens', 'The number of matched tokens', (replica) => tokensFrom(replica));
  for (const [name, tier] of [
    ['host', 'Host'],
    ['disk', 'Disk'],
  ] as const) {
    out.family(`kvbm_${name}_cache_hit_rate`, 'gauge', `${tier} cache hit rate (0.0-1.0)`);
    each((replica, text) => out.sample(text, (all) => hitRateOf(all, name), replica));
  }
}

/** Names of lower memories. */
type Tier = 'host' | 'disk';

/** Prompt tokens that lower memories, or one of them, gave back: those of the device are no business of the block manager. */
const tokensFrom = ({ tiers, unitTokens }: ReplicaSnapshot, tier?: Tier): number =>
  sumOf(tiers, ({ name, loadedUnits }) => (name === (tier ?? name) ? loadedUnits : 0)) * unitTokens;

/** Of the prompt tokens that the device did not have. */
const hitRateOf = (replica: ReplicaSnapshot, tier: Tier): number => {
  const { queriedTokens, hitTokens } = replica.kv;
  const below = tokensFrom(replica);
  return Math.min(1, shareOf(tokensFrom(replica, tier), queriedTokens - Math.max(0, hitTokens - below)));
};
