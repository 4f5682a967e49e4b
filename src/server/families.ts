/** All that the server answers. */
import type { ServerContext } from './context.js';
import { messagesRoutes } from './protocols/anthropic/routes.js';
import { chatRoutes } from './protocols/openai/chat/chat.js';
import { modelRoutes } from './protocols/openai/models.js';
import { missingRoutes } from './protocols/openai/operations.js';
import { textRoutes } from './protocols/openai/text-routes.js';
import { mediaRoutes } from './protocols/openai/media-routes.js';
import { resourceRoutes } from './protocols/openai/resource-routes.js';
import { healthRoutes } from './protocols/health.js';
import { cohereError, jinaError } from './protocols/rerank/errors.js';
import { lateRoutes } from './routing/late-routes.js';
import type { Route } from './routing/route.js';

/** A part of the API. What takes time or memory to load is loaded when it is first asked for. */
type Family = (context: ServerContext) => Route[];

/** What telemetry/routes.ts answers. */
const TELEMETRY_PATHS = [
  ['/metrics', 'metrics'],
  ['/metrics/prometheus', 'metricsPrometheus'],
  ['/vllm/metrics', 'vllmMetrics'],
  ['/dynamo/metrics', 'dynamoMetrics'],
  ['/dcgm/metrics', 'dcgmMetrics'],
  ['/metrics/json', 'metricsJson'],
  ['/metrics/csv', 'metricsCsv'],
  ['/metrics/by-model', 'metricsByModel'],
  ['/metrics/by-model/prometheus', 'metricsByModelPrometheus'],
  ['/metrics/by-model/*', 'metricsOfModel'],
  ['/metrics/ranking', 'metricsRanking'],
  ['/metrics/compare', 'metricsCompare'],
  ['/metrics/rate-limits', 'metricsRateLimits'],
  ['/metrics/rate-limits/*', 'metricsRateLimitsOf'],
  ['/metrics/costs', 'metricsCosts'],
  ['/metrics/multi-dimensional', 'metricsMultiDimensional'],
  ['/dashboard', 'dashboard'],
  ['/dashboard/*', 'dashboardOf'],
  ['/metrics/streaming', 'metricsStreaming'],
  ['/ws/metrics', 'metricsSocket'],
  ['/metrics/stream', 'metricsSocket'],
  ['/kv-cache-metrics', 'kvCacheMetrics'],
  ['/kv-cache/metrics', 'kvCacheMetricsAlias'],
  ['/cache-stats', 'cacheStats'],
  ['/dynamo/metrics/json', 'dynamoMetricsJson'],
  ['/dcgm/metrics/json', 'dcgmMetricsJson'],
  ['/health/detailed', 'healthDetailed'],
] as const;

const embeddingRoutes: Family = (context) =>
  lateRoutes(
    async () => (await import('./protocols/openai/embeddings/routes.js')).embeddingRoutes(context),
    [{ method: 'POST', path: '/embeddings', operationId: 'createEmbedding' }],
  );

const moderationRoutes: Family = (context) =>
  lateRoutes(
    async () => (await import('./protocols/openai/moderations.js')).moderationRoutes(context),
    [{ method: 'POST', path: '/moderations', operationId: 'createModeration' }],
  );

const rankingRoutes: Family = (context) =>
  lateRoutes(
    async () => (await import('./protocols/rerank/nim.js')).rankingRoutes(context),
    [{ method: 'POST', path: '/ranking', operationId: 'createRanking' }],
  );

const rerankRoutes: Family = (context) =>
  lateRoutes(
    async () => (await import('./protocols/rerank/rerank.js')).rerankRoutes(context),
    [
      { method: 'POST', path: '/v2/rerank', operationId: 'cohereRerank', renderError: cohereError },
      { method: 'POST', path: '/rerank', operationId: 'jinaRerank', renderError: jinaError },
    ],
  );

const tokenRoutes: Family = (context) =>
  lateRoutes(
    async () => (await import('./protocols/vllm/tokenize.js')).tokenizeRoutes(context),
    [
      { method: 'POST', path: '/tokenize', operationId: 'tokenize' },
      { method: 'POST', path: '/detokenize', operationId: 'detokenize' },
      { method: 'GET', path: '/version', operationId: 'version', open: true },
    ],
  );

const telemetryRoutes: Family = (context) =>
  lateRoutes(
    async () => (await import('./telemetry/routes.js')).telemetryRoutes(context),
    TELEMETRY_PATHS.map(([path, operationId]) => ({ method: 'GET', path, operationId, open: true })),
  );

const FAMILIES: readonly Family[] = [
  chatRoutes,
  textRoutes,
  messagesRoutes,
  modelRoutes,
  embeddingRoutes,
  rankingRoutes,
  rerankRoutes,
  moderationRoutes,
  resourceRoutes,
  mediaRoutes,
  healthRoutes,
  tokenRoutes,
  telemetryRoutes,
];

/** All routes of a thread: what the families answer, and of the rest of OpenAI's API that it is not there yet. */
export function allRoutes(context: ServerContext): Route[] {
  const routes = FAMILIES.flatMap((family) => family(context));
  return [...routes, ...missingRoutes(routes)];
}
