/** `/metrics` and its kin: the one state of server and cluster, in every dialect. */
import { EXPOSITION_TYPE, type Exposition } from '../../lib/exposition.js';
import { dcgmMetrics } from '../../simulator/telemetry/dcgm.js';
import { dynamoMetrics } from '../../simulator/telemetry/dynamo.js';
import { engineMetrics } from '../../simulator/telemetry/engine.js';
import { kvCacheSummary, mergeEndpoints } from '../../simulator/telemetry/cache-summary.js';
import { dynamoSummary, gpuSummary } from '../../simulator/telemetry/summary.js';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';
import { vllmMetrics } from '../../simulator/telemetry/vllm.js';
import type { ServerContext } from '../context.js';
import { invalid } from '../protocols/openai/errors.js';
import type { ApiRequest } from '../routing/api-request.js';
import type { Reply } from '../routing/reply.js';
import type { Route } from '../routing/route.js';
import { comparedModels, limitedJson, NOT_KEPT, notKept, rankedModels, totalsOf } from './compared-models.js';
import { dynamoFrontendMetrics, vllmServerMetrics } from './derived-metrics.js';
import { modelJson, modelsJson, serverJson } from './json.js';
import { metricsCsv } from './csv.js';
import { adapterMetrics, endpointCacheStats } from './model-adapters.js';
import { healthJson } from './health.js';
import { httpMetrics } from './http-metrics.js';
import { ownMetrics } from './own-metrics.js';
import { KeptReport, mergeThreads, type ServerReport } from './report.js';
import { ScrapePages } from './scrape-pages.js';
import { metricsSocket } from './socket.js';
import { streamMetrics } from './stream.js';

/** What a dialect says where no cluster is simulated. */
const NO_CLUSTER =
  'no cluster is simulated: start the server with --latency physics for its engine, KV cache and GPUs';

type Render = (out: Exposition, report: ServerReport) => void;

const withClusters =
  (
    render: (out: Exposition, clusters: readonly ModelCluster[]) => void,
    otherwise: Render = () => {},
  ): Render =>
  (out, report) => {
    if (report.clusters.length > 0) {
      render(out, report.clusters);
      return;
    }
    otherwise(out, report);
    out.comment(NO_CLUSTER);
  };

/** One after the other. */
const both =
  (first: Render, second: Render): Render =>
  (out, report) => {
    first(out, report);
    second(out, report);
  };

/** By the name that selects them. */
const DIALECTS = {
  fakeai: both(ownMetrics, withClusters(engineMetrics)),
  vllm: both(both(withClusters(vllmMetrics, vllmServerMetrics), adapterMetrics), httpMetrics),
  dynamo: both(dynamoFrontendMetrics, withClusters(dynamoMetrics)),
  dcgm: withClusters(dcgmMetrics),
} as const satisfies Record<string, Render>;

type Dialect = keyof typeof DIALECTS;

const ALL = Object.keys(DIALECTS) as readonly Dialect[];

const isDialect = (name: string): name is Dialect => Object.hasOwn(DIALECTS, name);

/** The dialects that a request asks for; all of them without a wish. */
function dialectsOf(request: ApiRequest): readonly Dialect[] {
  const wanted = request.query.getAll('dialect').flatMap((value) => value.split(','));
  if (wanted.length === 0) return ALL;
  const unknown = wanted.find((name) => !isDialect(name));
  if (unknown !== undefined)
    throw invalid('dialect', 'invalid_value', `'${unknown.slice(0, 100)}' is not one of ${ALL.join(', ')}.`);
  // Each once, whatever was asked: a family may stand in a text only once.
  return ALL.filter((name) => wanted.includes(name));
}

const get = (path: string, operationId: string, handler: Route['handler']): Route => ({
  method: 'GET',
  path,
  operationId,
  handler,
});

const wantsJson = (request: ApiRequest): boolean =>
  request.query.get('format') === 'json' || (request.header('accept') ?? '').startsWith('application/json');

/** All routes of telemetry. */
export function telemetryRoutes(context: ServerContext): Route[] {
  const pages = new ScrapePages<Dialect>();
  const kept = new KeptReport();
  const text = async (reply: Reply, dialects: readonly Dialect[]): Promise<void> => {
    const report = kept.keep(await context.report());
    const { bytes, release } = pages.write(dialects, (name, page) => DIALECTS[name](page, report));
    reply.bytes(bytes, EXPOSITION_TYPE, '', 200, release);
  };
  const json =
    (make: (report: ServerReport, request: ApiRequest) => unknown): Route['handler'] =>
    async (request, reply) =>
      reply.json(make(await context.report(), request));
  const simulated = (
    make: (clusters: readonly ModelCluster[], report: ServerReport) => object,
  ): Route['handler'] =>
    json((report) =>
      report.clusters.length > 0
        ? { available: true, ...make(report.clusters, report) }
        : { available: false, reason: NO_CLUSTER },
    );
  /** Of all models together, and of each by its name: `per_model` is what the Python project calls it in places. */
  const perModel = (
    make: (clusters: readonly ModelCluster[], report: ServerReport) => object,
    names: readonly string[] = ['models'],
  ): Route['handler'] =>
    simulated((clusters, report) => {
      const models = Object.fromEntries(clusters.map((one) => [one.model, make([one], report)]));
      return {
        ...(clusters.length === 1 && { model: clusters[0]!.model }),
        ...make(clusters, report),
        ...Object.fromEntries(names.map((name) => [name, models])),
      };
    });
  const all = json(serverJson);
  const cache = perModel((clusters, report) => {
    const endpoints = clusters.map(({ model }) => endpointCacheStats(report, model));
    return kvCacheSummary(clusters, mergeEndpoints(endpoints));
  });
  return [
    get('/metrics', 'metrics', (request, reply) =>
      wantsJson(request) ? all(request, reply) : text(reply, dialectsOf(request)),
    ),
    get('/metrics/prometheus', 'metricsPrometheus', (request, reply) => text(reply, dialectsOf(request))),
    ...(['vllm', 'dynamo', 'dcgm'] as const).map((name) =>
      get(`/${name}/metrics`, `${name}Metrics`, (_request, reply) => text(reply, [name])),
    ),
    get('/metrics/json', 'metricsJson', all),
    get('/metrics/csv', 'metricsCsv', async (_request, reply) =>
      reply.text(metricsCsv(await context.report()), 'text/csv; charset=utf-8'),
    ),
    get(
      '/metrics/by-model',
      'metricsByModel',
      json((report) => modelsJson(mergeThreads(report))),
    ),
    get('/metrics/by-model/prometheus', 'metricsByModelPrometheus', (_request, reply) =>
      text(reply, ['fakeai']),
    ),
    get('/metrics/by-model/*', 'metricsOfModel', json(oneModel)),
    get('/metrics/ranking', 'metricsRanking', json(rankedModels)),
    get('/metrics/compare', 'metricsCompare', json(comparedModels)),
    get(
      '/metrics/rate-limits',
      'metricsRateLimits',
      json((report) => limitedJson(context, report)),
    ),
    ...NOT_KEPT.map(([path, operationId, instead]) => get(path, operationId, () => notKept(instead))),
    get('/metrics/streaming', 'metricsStreaming', (request, reply) => streamMetrics(context, request, reply)),
    ...['/ws/metrics', '/metrics/stream'].map((path) =>
      get(path, 'metricsSocket', (request, reply) => metricsSocket(context, request, reply)),
    ),
    get('/kv-cache-metrics', 'kvCacheMetrics', cache),
    get('/kv-cache/metrics', 'kvCacheMetricsAlias', cache),
    get('/cache-stats', 'cacheStats', cache),
    get('/dynamo/metrics/json', 'dynamoMetricsJson', perModel(dynamoSummary, ['models', 'per_model'])),
    get('/dcgm/metrics/json', 'dcgmMetricsJson', simulated(gpuSummary)),
    get('/health/detailed', 'healthDetailed', json(healthJson)),
  ];
}

function oneModel(report: ServerReport, request: ApiRequest): object {
  const model = request.param('*');
  return { model, ...modelJson(totalsOf(report, model)) };
}
