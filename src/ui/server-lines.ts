/** What a running server says of itself, as lines: its state, its metrics, its cache. */
import { formatDurationMs } from '../lib/duration.js';
import { ABSENT, formatCount, formatFigure, formatShare } from '../results/format.js';
import { BLANK, line, tableLines, type Cell, type Column, type Line, type Tone } from '../results/lines.js';
import type {
  ArmView,
  CacheView,
  ModelCacheView,
  ReplicaView,
  ServerHealth,
  ServerView,
} from '../results/server-view.js';

const TONES: Readonly<Record<ServerHealth['status'], Tone>> = {
  healthy: 'good',
  degraded: 'warn',
  unhealthy: 'bad',
};

const LABEL_WIDTH = 14;

const fact = (label: string, text: string, tone?: Tone): Line => [
  { text: `  ${label.padEnd(LABEL_WIDTH)}`, tone: 'dim' },
  { text, tone },
];

const plural = (count: number, one: string): string =>
  `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;

const mib = (bytes: number): string => `${formatCount(bytes / 2 ** 20)} MiB`;

const armText = (arm: ArmView): string => {
  const got = arm.share_of_requests === null ? ABSENT : formatShare(arm.share_of_requests);
  const hits = arm.cached_share === null ? ABSENT : formatShare(arm.cached_share);
  return [
    `${arm.name}: ${got} of the requests (${formatShare(arm.share)} asked), ${formatCount(arm.failed)} failed`,
    `TTFT ${formatFigure(arm.ttft_mean_ms)} ms, end to end ${formatFigure(arm.e2e_mean_ms)} ms, ${hits} cached`,
  ].join('; ');
};

/** `fakeai status`. */
export function statusLines(url: string, view: ServerView, health: ServerHealth): Line[] {
  const models = Object.keys(view.models);
  const busiest = Math.max(0, ...view.event_loops.map(({ utilization }) => utilization));
  return [
    [
      { text: `fakeai ${view.version} at ${url}: `, tone: 'strong' },
      { text: health.status, tone: TONES[health.status] },
    ],
    fact('up', formatDurationMs(view.uptime_seconds * 1000)),
    fact('latency', view.latency),
    fact('threads', `${view.threads}, the busiest ${formatShare(busiest)} of the time`),
    fact(
      'requests',
      `${formatCount(view.requests)}, ${plural(view.errors, 'error')}`,
      health.error_rate_percentage > 0 ? 'warn' : undefined,
    ),
    fact('now', `${plural(view.active_streams, 'stream')}, ${plural(view.open_connections, 'connection')}`),
    fact('memory', mib(view.resident_bytes)),
    fact('models', models.length === 0 ? 'none asked for yet' : models.slice(0, 8).join(', ')),
    ...(health.replicas
      ? [
          fact(
            'replicas',
            `${health.replicas.up} up, ${health.replicas.down} down`,
            health.replicas.down > 0 ? 'bad' : 'good',
          ),
        ]
      : []),
    ...view.splits.flatMap(({ model, arms }) =>
      arms.map((arm) => fact('arm', `${view.splits.length > 1 ? `${model} ` : ''}${armText(arm)}`)),
    ),
  ];
}

const left = (head: string): Column => ({ head, align: 'left' });
const right = (head: string, dispensable?: number): Column => ({
  head,
  align: 'right',
  ...(dispensable === undefined ? {} : { dispensable }),
});

const MODEL_COLUMNS: readonly Column[] = [
  left('MODEL'),
  right('ANSWERS'),
  right('ACTIVE'),
  right('FAILED'),
  right('TOKENS IN', 1),
  right('CACHED', 3),
  right('TOKENS OUT'),
  right('TTFT P50'),
  right('P99', 2),
  right('ITL P50'),
  right('P99', 4),
  right('E2E P50', 5),
  right('P99', 6),
];

const cells = (...texts: string[]): Cell[] => texts.map((text) => ({ text }));

const failedOf = (outcomes: Readonly<Record<string, number>>): number =>
  Object.entries(outcomes).reduce(
    (sum, [outcome, count]) => (outcome === 'completed' || outcome === 'cancelled' ? sum : sum + count),
    0,
  );

/** One row per model; milliseconds. */
export function modelLines({ models }: ServerView, width: number): Line[] {
  const rows = Object.entries(models).map(([name, model]) => {
    const failed = failedOf(model.outcomes);
    const row = cells(
      name,
      formatCount(model.answers),
      formatCount(model.active),
      formatCount(failed),
      formatCount(model.prompt_tokens),
      formatCount(model.cached_prompt_tokens),
      formatCount(model.completion_tokens),
      formatFigure(model.ttft_ms.p50),
      formatFigure(model.ttft_ms.p99),
      formatFigure(model.itl_ms.p50),
      formatFigure(model.itl_ms.p99),
      formatFigure(model.duration_ms.p50),
      formatFigure(model.duration_ms.p99),
    );
    if (failed > 0) row[3]!.tone = 'bad';
    return row;
  });
  return rows.length === 0
    ? [line('No model has been asked yet.', 'dim')]
    : tableLines(MODEL_COLUMNS, rows, width);
}

const ROUTE_COLUMNS: readonly Column[] = [
  left('ROUTE'),
  right('REQUESTS'),
  right('4XX'),
  right('5XX'),
  right('P50'),
  right('P99'),
];

function routeLines({ routes }: ServerView, width: number): Line[] {
  const rows = routes
    .toSorted((a, b) => b.duration_ms.count - a.duration_ms.count)
    .map(({ route, statuses, duration_ms: ms }) => {
      const of = (digit: string): number =>
        Object.entries(statuses).reduce(
          (sum, [status, count]) => (status.startsWith(digit) ? sum + count : sum),
          0,
        );
      const row = cells(
        route === 'none' ? '(no route)' : route,
        formatCount(ms.count),
        formatCount(of('4')),
        formatCount(of('5')),
        formatFigure(ms.p50),
        formatFigure(ms.p99),
      );
      if (of('5') > 0) row[3]!.tone = 'bad';
      return row;
    });
  return rows.length === 0 ? [] : tableLines(ROUTE_COLUMNS, rows, width);
}

const REPLICA_COLUMNS: readonly Column[] = [
  left('REPLICA'),
  left('ROLE'),
  right('RUNNING'),
  right('WAITING'),
  right('KV'),
  right('HITS'),
  right('PREEMPTED', 1),
  right('GPUS', 2),
  right('BUSY'),
  right('POWER', 4),
  right('°C', 3),
];

const wholeShare = (share: number | null): string =>
  share === null ? ABSENT : `${Math.round(share * 100)}%`;

/** One row per replica. */
export function replicaLines(replicas: readonly ReplicaView[], width: number): Line[] {
  const rows = replicas.map((each) => {
    const row = cells(
      `${each.model} ${each.replica}`,
      each.up ? each.role : 'down',
      formatCount(each.running),
      formatCount(each.waiting),
      wholeShare(each.kv_usage),
      wholeShare(each.prefix_hit_share),
      formatCount(each.preemptions),
      each.gpus === null ? ABSENT : formatCount(each.gpus),
      wholeShare(each.gpu_utilization),
      each.power_watts === null ? ABSENT : `${formatCount(each.power_watts)} W`,
      each.temperature_c === null ? ABSENT : formatCount(each.temperature_c),
    );
    if (!each.up) row[1]!.tone = 'bad';
    if (each.waiting > 0) row[3]!.tone = 'warn';
    return row;
  });
  return tableLines(REPLICA_COLUMNS, rows, width);
}

/** `fakeai metrics`: models, replicas, routes. */
export function metricsLines(view: ServerView, width: number): Line[] {
  const routes = routeLines(view, width);
  return [
    ...modelLines(view, width),
    ...(view.replicas ? [BLANK, ...replicaLines(view.replicas, width)] : []),
    ...(routes.length > 0 ? [BLANK, ...routes] : []),
    BLANK,
    line(
      `Times in milliseconds since the start. Tokens were handed on ${formatFigure(view.pacing_ms.p99)} ms late at the 99th percentile.`,
      'dim',
    ),
  ];
}

const CACHE_COLUMNS: readonly Column[] = [
  left('WORKER'),
  right('REQUESTS'),
  right('BLOCKS'),
  right('USED'),
  right('CACHED'),
  right('HITS'),
  left('LOWER TIERS (BLOCKS HELD, STORED, LOADED)'),
];

/** `fakeai cache-stats`. */
export function cacheLines(view: CacheView, width: number): Line[] {
  if (!view.available) return [line(`No KV cache: ${view.reason}`, 'warn')];
  return Object.entries(view.models).flatMap(([model, cache], i) => [
    ...(i > 0 ? [BLANK] : []),
    ...modelCacheLines(model, cache, width),
  ]);
}

function modelCacheLines(model: string, cache: ModelCacheView, width: number): Line[] {
  const { cache_performance: all, smart_router: router } = cache;
  const rows = Object.entries(router.workers).map(([name, worker]) =>
    cells(
      name,
      formatCount(worker.total_requests),
      formatCount(worker.total_blocks),
      formatCount(worker.used_blocks),
      formatCount(worker.cached_blocks),
      wholeShare(worker.hit_rate),
      worker.tiers
        .map(
          (tier) =>
            `${tier.name} ${formatCount(tier.blocks)}, ${formatCount(tier.stored_blocks)}, ${formatCount(tier.loaded_blocks)}`,
        )
        .join(' · '),
    ),
  );
  return [
    line(model, 'strong'),
    fact(
      'prefix hits',
      `${formatShare(all.cache_hit_rate)} of ${formatCount(all.total_tokens_processed)} prompt tokens`,
    ),
    fact(
      'given up',
      `${plural(all.evicted_blocks, 'block')} for new ones, ${plural(all.expired_blocks, 'block')} for their age`,
    ),
    fact('preemptions', formatCount(all.preemptions), all.preemptions > 0 ? 'warn' : undefined),
    fact('router', router.policy),
    BLANK,
    ...tableLines(CACHE_COLUMNS, rows, width),
  ];
}
