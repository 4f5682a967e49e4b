/** vLLM's gauges and counters, each with its value of an engine. */
import type { ReplicaSnapshot } from '../cluster/snapshot.js';

type Value = (replica: ReplicaSnapshot) => number;

interface Family {
  name: string;
  help: string;
  value: Value;
}

const usage: Value = ({ usedBlocks, totalBlocks }) => (totalBlocks > 0 ? usedBlocks / totalBlocks : 0);

export const GAUGES: readonly Family[] = [
  {
    name: 'num_requests_running',
    help: 'Number of requests in model execution batches.',
    value: ({ running }) => running,
  },
  {
    name: 'num_requests_waiting',
    help: 'Number of requests waiting to be processed.',
    value: ({ waiting }) => waiting,
  },
  { name: 'kv_cache_usage_perc', help: 'KV-cache usage. 1 means 100 percent usage.', value: usage },
  // Dashboards made for vLLM before 0.9 ask for this name.
  {
    name: 'gpu_cache_usage_perc',
    help: 'GPU KV-cache usage. 1 means 100 percent usage. DEPRECATED: Use vllm:kv_cache_usage_perc instead.',
    value: usage,
  },
];

const queries: Value = ({ kv }) => kv.queriedTokens;
const hits: Value = ({ kv }) => kv.hitTokens;

const cached: Value = ({ requests }) => requests.tokens.cached;
/** Of the cached tokens, those that came out of lower memories or another replica. */
const external: Value = (replica) => {
  const { tiers, unitTokens, requests } = replica;
  const loaded = tiers.reduce((sum, tier) => sum + tier.loadedUnits, 0) * unitTokens;
  return Math.min(loaded, requests.tokens.cached);
};

/** Where prompt tokens came from; together all that were processed. */
export const SOURCES: readonly (readonly [label: string, value: Value])[] = [
  ['source="local_compute"', ({ requests: { tokens } }) => tokens.prompt - tokens.cached],
  ['source="local_cache_hit"', (replica) => cached(replica) - external(replica)],
  ['source="external_kv_transfer"', external],
];

/** Bytes of keys and values of so many units. */
const bytesOf = ({ unitTokens, kvBytesPerToken }: ReplicaSnapshot, units: number): number =>
  units * unitTokens * kvBytesPerToken;

/** What went over the connector to lower memories. From one of these to the next is no business of it. */
export const OFFLOADED: readonly [
  load: readonly [name: string, help: string, value: Value],
  store: readonly [name: string, help: string, value: Value],
] = [
  [
    'load_bytes',
    'Total bytes loaded from offload storage to GPU.',
    (replica) =>
      bytesOf(
        replica,
        replica.tiers.reduce((sum, tier) => sum + tier.loadedUnits, 0),
      ),
  ],
  [
    'store_bytes',
    'Total bytes stored from GPU to offload storage.',
    (replica) => bytesOf(replica, replica.tiers[0]?.storedUnits ?? 0),
  ],
];

/** Why requests wait: for room in the batch and the cache, or for keys and values from elsewhere. */
export const WAITING_REASONS: readonly (readonly [label: string, value: Value])[] = [
  ['reason="capacity"', ({ waiting, loading }) => waiting - loading],
  ['reason="deferred"', ({ loading }) => loading],
];

export const SLEEP_STATES: readonly (readonly [label: string, value: number])[] = [
  ['sleep_state="awake"', 1],
  ['sleep_state="weights_offloaded"', 0],
  ['sleep_state="discard_all"', 0],
];

export const COUNTERS: readonly Family[] = [
  {
    name: 'prefix_cache_queries_total',
    help: 'Prefix cache queries, in terms of number of queried tokens.',
    value: queries,
  },
  {
    name: 'prefix_cache_hits_total',
    help: 'Prefix cache hits, in terms of number of cached tokens.',
    value: hits,
  },
  {
    name: 'gpu_prefix_cache_queries_total',
    help: 'GPU prefix cache queries, in terms of number of queried tokens. DEPRECATED: Use vllm:prefix_cache_queries instead.',
    value: queries,
  },
  {
    name: 'gpu_prefix_cache_hits_total',
    help: 'GPU prefix cache hits, in terms of number of cached tokens. DEPRECATED: Use vllm:prefix_cache_hits instead.',
    value: hits,
  },
  {
    name: 'external_prefix_cache_queries_total',
    help: 'External prefix cache queries from KV connector cross-instance cache sharing, in terms of number of queried tokens.',
    // Asked for what the own cache does not have.
    value: (replica) => (replica.tiers.length > 0 ? queries(replica) - hits(replica) + external(replica) : 0),
  },
  {
    name: 'external_prefix_cache_hits_total',
    help: 'External prefix cache hits from KV connector cross-instance cache sharing, in terms of number of cached tokens.',
    value: external,
  },
  {
    name: 'mm_cache_queries_total',
    help: 'Multi-modal cache queries, in terms of number of queried items.',
    value: ({ media }) => media.queries,
  },
  {
    name: 'mm_cache_hits_total',
    help: 'Multi-modal cache hits, in terms of number of cached items.',
    value: ({ media }) => media.hits,
  },
  {
    name: 'prompt_tokens_cached_total',
    help: 'Number of cached prompt tokens (local + external).',
    value: cached,
  },
  {
    name: 'prompt_tokens_recomputed_total',
    help: 'Number of cached tokens recomputed for forward pass.',
    value: ({ requests }) => requests.tokens.recomputed,
  },
  {
    name: 'num_preemptions_total',
    help: 'Cumulative number of preemption from the engine.',
    value: ({ preemptions }) => preemptions,
  },
  {
    name: 'prompt_tokens_total',
    help: 'Number of prefill tokens processed.',
    value: ({ requests }) => requests.tokens.prompt,
  },
  {
    name: 'generation_tokens_total',
    help: 'Number of generation tokens processed.',
    value: ({ requests }) => requests.tokens.generated,
  },
];
