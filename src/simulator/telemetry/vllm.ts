/** vLLM's metrics (V1 engine): its names, labels and bounds, from the cluster's state. One replica is one engine. */
import type { BoundFamilies } from '../../lib/bound-families.js';
import type { HistogramData } from '../../lib/bucket-histogram.js';
import { type Exposition, KeptLabels, labelText } from '../../lib/exposition.js';
import { ITERATION_TOKEN_BUCKETS } from '../cluster/replica-counters.js';
import { oneTwoFive, LONGEST_TOKENS, VLLM } from './bounds.js';
import { allReplicas, type ModelCluster, type ModelReplica } from './model-cluster.js';
import { COUNTERS, GAUGES, OFFLOADED, SLEEP_STATES, SOURCES, WAITING_REASONS } from './vllm-values.js';
import type { ClusterSnapshot, ReplicaSnapshot, RequestTotals } from '../cluster/snapshot.js';

type Each = (write: (replica: ReplicaSnapshot, labels: string, cluster: ClusterSnapshot) => void) => void;

type HistogramKey = Exclude<keyof RequestTotals, 'finished' | 'tokens' | 'found' | 'last'>;

/** Bounds of token histograms end at the context length of the model. */
const TOKENS = 'tokens';

const HISTOGRAMS: readonly (readonly [
  name: string,
  key: HistogramKey,
  bounds: readonly number[] | typeof TOKENS,
  help: string,
])[] = [
  ['request_prompt_tokens', 'promptTokens', TOKENS, 'Number of prefill tokens processed.'],
  [
    'request_prefill_kv_computed_tokens',
    'computedTokens',
    TOKENS,
    'Histogram of new KV tokens computed during prefill (excluding cached tokens).',
  ],
  ['request_generation_tokens', 'generationTokens', TOKENS, 'Number of generation tokens processed.'],
  [
    'request_max_num_generation_tokens',
    'maxTokens',
    TOKENS,
    'Histogram of maximum number of requested generation tokens.',
  ],
  ['request_params_n', 'choices', VLLM.choices, 'Histogram of the n request parameter.'],
  ['request_params_max_tokens', 'maxTokens', TOKENS, 'Histogram of the max_tokens request parameter.'],
  ['time_to_first_token_seconds', 'ttftS', VLLM.ttftS, 'Histogram of time to first token in seconds.'],
  ['inter_token_latency_seconds', 'itlS', VLLM.tokenS, 'Histogram of inter-token latency in seconds.'],
  [
    'time_per_output_token_seconds',
    'itlS',
    VLLM.tokenS,
    'Histogram of time per output token in seconds. DEPRECATED: Use vllm:inter_token_latency_seconds instead.',
  ],
  [
    'request_time_per_output_token_seconds',
    'timePerOutputTokenS',
    VLLM.tokenS,
    'Histogram of time_per_output_token_seconds per request.',
  ],
  ['e2e_request_latency_seconds', 'e2eS', VLLM.latencyS, 'Histogram of e2e request latency in seconds.'],
  [
    'request_queue_time_seconds',
    'queueS',
    VLLM.latencyS,
    'Histogram of time spent in WAITING phase for request.',
  ],
  [
    'request_inference_time_seconds',
    'inferenceS',
    VLLM.latencyS,
    'Histogram of time spent in RUNNING phase for request.',
  ],
  [
    'request_prefill_time_seconds',
    'prefillS',
    VLLM.latencyS,
    'Histogram of time spent in PREFILL phase for request.',
  ],
  [
    'request_decode_time_seconds',
    'decodeS',
    VLLM.latencyS,
    'Histogram of time spent in DECODE phase for request.',
  ],
];

const FINISHED = (['stop', 'length', 'abort', 'error'] as const).map(
  (reason) =>
    [`finished_reason="${reason}"`, (finished: RequestTotals['finished']) => finished[reason]] as const,
);
/** A stop rule that is not simulated: it has the series that dashboards expect, and no requests. */
const NO_REPETITION = 'finished_reason="repetition"';

const LABELS = new KeptLabels((model_name, engine) => ({ model_name, engine }));

/** All of vLLM's metrics. */
export function vllmMetrics(out: Exposition, clusters: readonly ModelCluster[]): void {
  out.bound('vllm', clusters, (families) => bindMetrics(families, clusters));
}

function bindMetrics(out: BoundFamilies, clusters: readonly ModelCluster[]): void {
  const replicas = allReplicas(clusters);
  const labels = replicas.map(({ model, replica }) => LABELS.of(model, replica.index));
  const each: Each = (write) =>
    replicas.forEach(({ replica, cluster }, i) => write(replica, labels[i]!, cluster));
  for (const [type, families] of [['gauge', GAUGES] as const, ['counter', COUNTERS] as const]) {
    for (const { name, help, value } of families) {
      out.family(`vllm:${name}`, type, help);
      each((replica, text) => out.sample(text, value, replica));
    }
  }
  out.family('vllm:prompt_tokens_by_source_total', 'counter', 'Number of prompt tokens by source.');
  each((replica, text) => {
    for (const [source, value] of SOURCES) out.sample(text, value, replica, source);
  });
  out.family('vllm:num_requests_waiting_by_reason', 'gauge', 'Number of requests waiting, by reason.');
  each((replica, text) => {
    for (const [reason, value] of WAITING_REASONS) out.sample(text, value, replica, reason);
  });
  out.family(
    'vllm:engine_sleep_state',
    'gauge',
    'Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.',
  );
  each((_replica, text) => {
    for (const [state, value] of SLEEP_STATES) out.constant(text, value, state);
  });
  out.family('vllm:request_success_total', 'counter', 'Count of successfully processed requests.');
  each(({ requests }, text) => {
    for (const [label, value] of FINISHED) out.sample(text, value, requests.finished, label);
    out.constant(text, 0, NO_REPETITION);
  });
  out.family('vllm:iteration_tokens_total', 'histogram', 'Histogram of number of tokens per engine_step.');
  each(({ counters }, text) => out.histogram(text, new IterationTokens(counters)));
  for (const [name, key, own, help] of HISTOGRAMS) {
    out.family(`vllm:${name}`, 'histogram', help);
    each(({ requests }, text, cluster) => {
      const longest = own === TOKENS ? out.depends(({ longestTokens }) => longestTokens, cluster) : 0;
      const bounds = own === TOKENS ? oneTwoFive(Math.min(longest, LONGEST_TOKENS)) : own;
      out.histogram(text, requests[key], bounds);
    });
  }
  if (out.depends(speculates, replicas) === 1) speculation(out, each);
  if (replicas.some(({ replica }) => replica.tiers.length > 0)) offloading(out, each);
  cacheConfig(out, each);
}

/** Steps by the tokens that they computed. */
class IterationTokens implements HistogramData {
  readonly bounds = ITERATION_TOKEN_BUCKETS;
  readonly #counters: ReplicaSnapshot['counters'];

  constructor(counters: ReplicaSnapshot['counters']) {
    this.#counters = counters;
  }

  get counts(): Float64Array {
    return this.#counters.iterationTokens;
  }

  get sum(): number {
    return this.#counters.prefillTokens + this.#counters.decodeTokens;
  }
}

/** Of its connector to lower memories. */
function offloading(out: BoundFamilies, each: Each): void {
  for (const [name, help, value] of OFFLOADED) {
    out.family(`vllm:kv_offload_${name}_total`, 'counter', help);
    each((replica, text) => out.sample(text, value, replica));
  }
  out.family(
    'vllm:kv_offload_total_bytes_total',
    'counter',
    'Number of bytes offloaded by KV connector. DEPRECATED: Use vllm:kv_offload_load_bytes and vllm:kv_offload_store_bytes instead.',
  );
  each((replica, text) => {
    out.sample(text, OFFLOADED[0][2], replica, 'transfer_type="CPU_to_GPU"');
    out.sample(text, OFFLOADED[1][2], replica, 'transfer_type="GPU_to_CPU"');
  });
}

/** 1 once there has been a draft. */
const speculates = (replicas: readonly ModelReplica[]): number =>
  replicas.some(({ replica }) => replica.speculation.drafts > 0) ? 1 : 0;

const POSITIONS = new KeptLabels((_name, position) => ({ position }));

function speculation(out: BoundFamilies, each: Each): void {
  const counter = (name: string, help: string): BoundFamilies =>
    out.family(`vllm:spec_decode_${name}_total`, 'counter', help);
  counter('num_drafts', 'Number of spec decoding drafts.');
  each((replica, text) => out.sample(text, ({ drafts }) => drafts, replica.speculation));
  counter('num_draft_tokens', 'Number of draft tokens.');
  each((replica, text) => out.sample(text, ({ draftTokens }) => draftTokens, replica.speculation));
  counter('num_accepted_tokens', 'Number of accepted tokens.');
  each((replica, text) => out.sample(text, ({ acceptedTokens }) => acceptedTokens, replica.speculation));
  counter('num_accepted_tokens_per_pos', 'Accepted tokens per draft position.');
  each(({ speculation: { acceptedPerPosition } }, text) => {
    const positions = out.depends(({ length }) => length, acceptedPerPosition);
    for (let position = 0; position < positions; position++)
      out.sample(text, (all) => all[position]!, acceptedPerPosition, POSITIONS.of('', position));
  });
}

function cacheConfig(out: BoundFamilies, each: Each): void {
  out.family('vllm:cache_config_info', 'gauge', 'Information of the LLMEngine CacheConfig');
  each((replica, text) => {
    const { hardware } = replica;
    const labels = labelText({
      block_size: out.depends(({ blockTokens }) => blockTokens, replica),
      num_gpu_blocks: out.depends(({ totalBlocks }) => totalBlocks, replica),
      enable_prefix_caching: out.depends(keepsPrefixes, replica) === 1 ? 'True' : 'False',
      ...(hardware && {
        gpu_memory_utilization: out.depends(({ memoryUtilization }) => memoryUtilization, hardware),
      }),
    });
    out.constant(`${labels},${text}`, 1);
  });
}

const keepsPrefixes = ({ prefixCaching }: ReplicaSnapshot): number => (prefixCaching ? 1 : 0);
