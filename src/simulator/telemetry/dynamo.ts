/** Metrics of AI-Dynamo's workers, router and block manager, from the cluster's state. One replica is one worker. */
import { coarsen, mergeHistograms, type HistogramData } from '../../lib/bucket-histogram.js';
import { Exposition, labelText } from '../../lib/exposition.js';
import type { ClusterSnapshot, ReplicaSnapshot } from '../cluster/snapshot.js';
import { COUNTED, DYNAMO } from './bounds.js';

const NAMESPACE = 'dynamo';

type Write = (write: (replica: ReplicaSnapshot, labels: string) => void) => void;

/** Requests that have left a worker. */
const endedAt = ({ requests: { finished } }: ReplicaSnapshot): number =>
  finished.stop + finished.length + finished.abort + finished.error;

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/**
 * All `dynamo_component_*`, per-worker `dynamo_frontend_*` and `kvbm_*` metrics.
 *
 * @param modelOf - the name under which a replica's model is served
 */
export function dynamoMetrics(snapshot: ClusterSnapshot, modelOf: (replica: number) => string): string {
  const { replicas } = snapshot;
  const out = new Exposition();
  const pools = snapshot.routers.length > 1;
  const prefill = snapshot.routers[0]?.decisions.length ?? replicas.length;
  const labels = replicas.map(({ index }) =>
    labelText({
      dynamo_namespace: NAMESPACE,
      dynamo_component: pools && index < prefill ? 'prefill' : 'backend',
      dynamo_endpoint: 'generate',
      model: modelOf(index),
      worker_id: index,
    }),
  );
  const each: Write = (write) => replicas.forEach((replica, i) => write(replica, labels[i]!));
  components(out, snapshot, each);
  blocks(out, each);
  workers(out, snapshot, pools ? prefill : undefined);
  router(out, snapshot);
  if (replicas.some(({ tiers }) => tiers.length > 0)) blockManager(out, each);
  return out.toString();
}

function components(out: Exposition, { nowMs }: ClusterSnapshot, each: Write): void {
  out.family('dynamo_component_inflight_requests', 'gauge', 'Requests currently being processed');
  each(({ running, waiting }, text) => out.sample(text, running + waiting));
  out.family('dynamo_component_requests_total', 'counter', 'Total requests processed');
  each((replica, text) => out.sample(text, endedAt(replica)));
  out.family('dynamo_component_errors_total', 'counter', 'Total number of errors in processing');
  each(({ requests }, text) => out.sample(`${text},error_type="generate"`, requests.finished.error));
  out.family('dynamo_component_request_duration_seconds', 'histogram', 'Request processing time');
  each(({ requests }, text) => out.histogram(text, coarsen(requests.e2eS, DYNAMO.componentS)));
  out.family('dynamo_component_uptime_seconds', 'gauge', 'Uptime of the runtime in seconds');
  each((_replica, text) => out.sample(text, nowMs / 1000));
}

function blocks(out: Exposition, each: Write): void {
  const gauge = (name: string, help: string): Exposition =>
    out.family(`dynamo_component_kvstats_${name}`, 'gauge', help);
  gauge('active_blocks', 'Number of active KV cache blocks currently in use');
  each(({ usedBlocks }, text) => out.sample(text, usedBlocks));
  gauge('total_blocks', 'Total number of KV cache blocks available');
  each(({ totalBlocks }, text) => out.sample(text, totalBlocks));
  gauge('gpu_cache_usage_percent', 'GPU cache usage as a percentage (0.0-1.0)');
  each(({ usedBlocks, totalBlocks }, text) => out.sample(text, share(usedBlocks, totalBlocks)));
  gauge('gpu_prefix_cache_hit_rate', 'GPU prefix cache hit rate as a percentage (0.0-1.0)');
  each(({ kv }, text) => out.sample(text, share(kv.hitTokens, kv.queriedTokens)));
}

/** What the frontend knows of each worker. */
function workers(out: Exposition, { replicas }: ClusterSnapshot, prefill: number | undefined): void {
  const labels = replicas.map(({ index }) =>
    labelText({
      worker_id: index,
      dp_rank: 0,
      worker_type: prefill === undefined ? 'aggregated' : index < prefill ? 'prefill' : 'decode',
    }),
  );
  out.family('dynamo_frontend_worker_active_decode_blocks', 'gauge', 'Active KV cache blocks per worker');
  replicas.forEach(({ usedBlocks }, i) => out.sample(labels[i]!, usedBlocks));
}

/** What the router saw: all workers together. */
function router(out: Exposition, { replicas, routers, totals, stranded }: ClusterSnapshot): void {
  const text = labelText({
    dynamo_namespace: NAMESPACE,
    dynamo_component: 'router',
    dynamo_endpoint: 'generate',
  });
  const all = (key: 'ttftS' | 'itlS' | 'promptTokens' | 'generationTokens'): HistogramData =>
    mergeHistograms(
      COUNTED[key],
      replicas.map(({ requests }) => requests[key]),
    );
  const decisions = routers[0]?.decisions.reduce((sum, count) => sum + count, 0) ?? 0;
  const name = (suffix: string): string => `dynamo_component_router_${suffix}`;
  out.family(name('requests_total'), 'counter', 'Total number of requests processed by the router');
  out.sample(text, decisions);
  const histograms = [
    ['time_to_first_token_seconds', 'ttftS', DYNAMO.ttftS, 'Time to first token observed at the router'],
    ['inter_token_latency_seconds', 'itlS', DYNAMO.itlS, 'Inter-token latency observed at the router'],
    ['input_sequence_tokens', 'promptTokens', DYNAMO.inputTokens, 'Input sequence length in tokens'],
    ['output_sequence_tokens', 'generationTokens', DYNAMO.outputTokens, 'Output sequence length in tokens'],
  ] as const;
  for (const [suffix, key, bounds, help] of histograms) {
    out.family(name(suffix), 'histogram', help).histogram(text, coarsen(all(key), bounds));
  }
  out.family(
    'dynamo_frontend_router_queue_pending_requests',
    'gauge',
    'Requests that no worker can take yet',
  );
  out.sample({ worker_type: routers.length > 1 ? 'prefill' : 'aggregated' }, stranded);
  out.family(
    'dynamo_frontend_model_migration_total',
    'counter',
    'Total number of request migrations due to worker unavailability',
  );
  out.sample({ migration_type: 'ongoing_request' }, totals.requeued);
}

/** Dynamo's names say where blocks come from and go to: device, host, disk. */
function blockManager(out: Exposition, each: Write): void {
  const counter = (name: string, help: string, value: (replica: ReplicaSnapshot) => number): void => {
    out.family(`kvbm_${name}`, 'counter', help);
    each((replica, text) => out.sample(text, value(replica)));
  };
  const moved =
    (tier: number, key: 'storedUnits' | 'loadedUnits') =>
    ({ tiers, unitTokens, blockTokens }: ReplicaSnapshot): number =>
      ((tiers[tier]?.[key] ?? 0) * unitTokens) / blockTokens;
  counter('offload_blocks_d2h', 'The number of offload blocks from device to host', moved(0, 'storedUnits'));
  counter('offload_blocks_h2d', 'The number of offload blocks from host to disk', moved(1, 'storedUnits'));
  counter('onboard_blocks_h2d', 'The number of onboard blocks from host to device', moved(0, 'loadedUnits'));
  counter('onboard_blocks_d2d', 'The number of onboard blocks from disk to device', moved(1, 'loadedUnits'));
  counter('matched_tokens', 'The number of matched tokens', ({ kv }) => kv.hitTokens);
}
