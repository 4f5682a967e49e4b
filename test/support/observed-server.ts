/** A server that answers as fakeai does where it is asked about itself, and remembers what it was asked. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const DURATIONS = { count: 2, avg: 30, p50: 20, p90: 40, p99: 50 };

/** As `/metrics/json` has it. */
export const VIEW = {
  version: '0.1.0',
  latency: 'physics',
  uptime_seconds: 100,
  threads: 2,
  requests: 12,
  errors: 1,
  active_streams: 3,
  open_connections: 4,
  cpu_seconds: 2,
  resident_bytes: 2 ** 27,
  models: {
    'model-a': {
      active: 1,
      queued: 0,
      outcomes: { completed: 9, cancelled: 1, queue_full: 2 },
      answers: 9,
      prompt_tokens: 4000,
      cached_prompt_tokens: 1000,
      completion_tokens: 900,
      reasoning_tokens: 0,
      ttft_ms: DURATIONS,
      itl_ms: DURATIONS,
      duration_ms: DURATIONS,
    },
  },
  routes: [{ route: 'POST /chat/completions', statuses: { 200: 9, 429: 2, 500: 1 }, duration_ms: DURATIONS }],
  pacing_ms: { p99: 0.5, max: 3 },
  event_loops: [{ utilization: 0.25, delay_p99_ms: 1, delay_max_ms: 2 }],
  replicas: [
    {
      model: 'model-a',
      replica: 0,
      role: 'aggregated',
      up: true,
      running: 5,
      waiting: 2,
      kv_usage: 0.5,
      prefix_hit_share: 0.25,
      preemptions: 1,
      gpus: 4,
      gpu_utilization: 0.9,
      power_watts: 2000,
      temperature_c: 61,
    },
  ],
};

export const HEALTH = {
  status: 'degraded',
  ready: true,
  error_rate_percentage: 8,
  replicas: { up: 1, down: 1 },
};

const WORKER = {
  up: true,
  active_requests: 1,
  total_requests: 9,
  block_size: 16,
  total_blocks: 1000,
  used_blocks: 100,
  cached_blocks: 50,
  hit_rate: 0.25,
  tiers: [{ name: 'dram', blocks: 7, stored_blocks: 8, loaded_blocks: 9, evicted_blocks: 0 }],
};

const MODEL_CACHE = {
  cache_performance: {
    cache_hit_rate: 0.25,
    total_tokens_processed: 4000,
    cached_tokens_reused: 1000,
    evicted_blocks: 3,
    expired_blocks: 0,
    preemptions: 1,
  },
  smart_router: { policy: 'kv', workers: { 'worker-0': WORKER } },
};

export const CACHE = {
  available: true,
  model: 'model-a',
  ...MODEL_CACHE,
  models: { 'model-a': MODEL_CACHE },
};

const PAGES: Readonly<Record<string, unknown>> = {
  '/metrics/json': VIEW,
  '/health/detailed': HEALTH,
  '/kv-cache-metrics': CACHE,
};

export interface ObservedServer {
  url: string;
  /** Paths asked for, in order, with their queries. */
  asked: string[];
  close(): Promise<void>;
}

/** @param pages - in place of the usual ones, by path */
export async function startObservedServer(pages: Record<string, unknown> = {}): Promise<ObservedServer> {
  const asked: string[] = [];
  const all = { ...PAGES, ...pages };
  const server: Server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    const page = all[url];
    response.writeHead(page === undefined && url.endsWith('/json') ? 404 : 200);
    response.end(page === undefined ? `page ${url}` : JSON.stringify(page));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Where a command prints in a test. */
export function startOutput(): { write: (text: string | Uint8Array) => boolean; text: () => string } {
  let printed = '';
  return {
    write: (text) => {
      printed += String(text);
      return true;
    },
    text: () => printed,
  };
}
