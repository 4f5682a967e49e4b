/** What a running server says of itself at `/metrics/json` and its kin, as tables and screens read it. */
import * as z from 'zod';

const figure = z.number().nullable();

const durations = z.object({ count: z.number(), avg: figure, p50: figure, p90: figure, p99: figure });

const model = z.object({
  active: z.number(),
  queued: z.number(),
  outcomes: z.record(z.string(), z.number()),
  answers: z.number(),
  prompt_tokens: z.number(),
  cached_prompt_tokens: z.number(),
  completion_tokens: z.number(),
  ttft_ms: durations,
  itl_ms: durations,
  duration_ms: durations,
});

const replica = z.object({
  model: z.string(),
  replica: z.number(),
  role: z.string(),
  up: z.boolean(),
  running: z.number(),
  waiting: z.number(),
  kv_usage: z.number(),
  prefix_hit_share: z.number(),
  preemptions: z.number(),
  gpus: figure,
  gpu_utilization: figure,
  power_watts: figure,
  temperature_c: figure,
});

const arm = z.object({
  name: z.string(),
  share: z.number(),
  share_of_requests: figure,
  requests: z.number(),
  failed: z.number(),
  ttft_mean_ms: figure,
  e2e_mean_ms: figure,
  cached_share: figure,
});

/** `/metrics/json`. */
export const serverViewSchema = z.object({
  version: z.string(),
  latency: z.string(),
  uptime_seconds: z.number(),
  threads: z.number(),
  requests: z.number(),
  errors: z.number(),
  active_streams: z.number(),
  open_connections: z.number(),
  cpu_seconds: z.number(),
  resident_bytes: z.number(),
  models: z.record(z.string(), model),
  routes: z.array(
    z.object({ route: z.string(), statuses: z.record(z.string(), z.number()), duration_ms: durations }),
  ),
  pacing_ms: z.object({ p99: z.number(), max: z.number() }),
  event_loops: z.array(z.object({ utilization: z.number(), delay_p99_ms: z.number() })),
  replicas: z.array(replica).nullable(),
  /** A/B splits; servers before them had none. */
  splits: z.array(z.object({ model: z.string(), arms: z.array(arm) })).default([]),
});

export type ServerView = z.output<typeof serverViewSchema>;
export type ReplicaView = z.output<typeof replica>;
export type ArmView = z.output<typeof arm>;

/** `/health/detailed`. */
export const serverHealthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  ready: z.boolean(),
  error_rate_percentage: z.number(),
  replicas: z.object({ up: z.number(), down: z.number() }).nullable(),
});

export type ServerHealth = z.output<typeof serverHealthSchema>;

const tier = z.object({
  name: z.string(),
  blocks: z.number(),
  stored_blocks: z.number(),
  loaded_blocks: z.number(),
  prefetched_blocks: z.number().default(0),
  evicted_blocks: z.number(),
});

const worker = z.looseObject({
  up: z.boolean(),
  active_requests: z.number(),
  total_requests: z.number(),
  block_size: z.number(),
  total_blocks: z.number(),
  used_blocks: z.number(),
  cached_blocks: z.number(),
  hit_rate: z.number(),
  tiers: z.array(tier),
});

const cache = z.looseObject({
  cache_performance: z.looseObject({
    cache_hit_rate: z.number(),
    total_tokens_processed: z.number(),
    cached_tokens_reused: z.number(),
    evicted_blocks: z.number(),
    expired_blocks: z.number(),
    preemptions: z.number(),
  }),
  smart_router: z.looseObject({ policy: z.string(), workers: z.record(z.string(), worker) }),
});

/** `/kv-cache-metrics`: of all models and of each by name, or why there is nothing. What is not read here is kept. */
export const cacheViewSchema = z.union([
  z.looseObject({ available: z.literal(false), reason: z.string() }),
  z.looseObject({ available: z.literal(true), models: z.record(z.string(), cache) }),
]);

export type CacheView = z.output<typeof cacheViewSchema>;
export type ModelCacheView = z.output<typeof cache>;
