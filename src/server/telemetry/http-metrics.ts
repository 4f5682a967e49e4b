/** What vLLM's HTTP server tells of its requests, beside its engine: dashboards take their error rates from it. */
import type { BoundFamilies } from '../../lib/bound-families.js';
import { type Exposition, KeptLabels } from '../../lib/exposition.js';
import { mergeThreads, type ServerReport } from './report.js';
import type { RouteMeter } from './route-meter.js';
import { NO_ROUTE, type ThreadMeters } from './thread-meters.js';

/** Paths that vLLM does not count, and those that it does not have. */
const NOT_COUNTED = /^\/(metrics|health|ping|version|load|vllm|dynamo|dcgm|kv-cache|cache-stats|ws)\b/;
/** Those that stand beside `/v1`. */
const WITHOUT_VERSION = /^\/(tokenize|detokenize|rag|rerank|score|pooling|v\d)\b/;
const CLASSES = [1, 2, 3, 4, 5] as const;
/** Seconds. */
const BOUNDS = [0.1, 0.5, 1] as const;

/** By the names that meters give routes, such as `POST /chat/completions`. */
const HANDLERS = new KeptLabels((name) => {
  const [method = '', path = ''] = name.split(' ');
  return { handler: WITHOUT_VERSION.test(path) ? path : `/v1${path}`, method };
});
const STATUSES = new KeptLabels((_name, hundreds) => ({ status: `${hundreds}xx` }));

const isCounted = (name: string): boolean => name !== NO_ROUTE && !NOT_COUNTED.test(name.split(' ')[1] ?? '');

/** `http_*`, as prometheus-fastapi-instrumentator writes them. */
export function httpMetrics(out: Exposition, report: ServerReport): void {
  out.bound('http', report, (families) => bindMetrics(families, mergeThreads(report)));
}

function bindMetrics(out: BoundFamilies, meters: ThreadMeters): void {
  out.depends(({ routes }) => routes.size, meters);
  const routes: (readonly [labels: string, route: RouteMeter])[] = [...meters.routes]
    .filter(([name]) => isCounted(name))
    .map(([name, route]) => [HANDLERS.of(name), route]);
  out.family('http_requests_total', 'counter', 'Total number of requests by method, status and handler.');
  for (const [labels, route] of routes) {
    out.depends(({ statusCount }) => statusCount, route);
    for (const hundreds of CLASSES) {
      if (route.answersIn(hundreds) > 0)
        out.sample(labels, (all) => all.answersIn(hundreds), route, STATUSES.of('', hundreds));
    }
  }
  out.family(
    'http_request_duration_seconds',
    'histogram',
    'Latency with only few buckets by handler. Made to be only used if aggregation by handler is important.',
  );
  for (const [labels, route] of routes) out.histogram(labels, route.durationS, BOUNDS);
}
