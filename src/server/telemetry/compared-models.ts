/** Models side by side: `/metrics/ranking` and `/metrics/compare`; and what rate limits have refused. */
import { countOf, meanOf } from '../../lib/bucket-histogram.js';
import type { ServerContext } from '../context.js';
import { ApiError, invalid, missing } from '../protocols/openai/errors.js';
import type { ApiRequest } from '../routing/api-request.js';
import { modelJson } from './json.js';
import type { ModelTotals } from './model-meter.js';
import { mergeThreads, type ServerReport } from './report.js';

const DEFAULT_RANKS = 10;
const MOST_RANKS = 500;

const endedOf = ({ outcomes }: ModelTotals): number =>
  Object.values(outcomes).reduce((sum, count) => sum + count, 0);
const failedOf = ({ outcomes }: ModelTotals): number =>
  endedOf({ outcomes } as ModelTotals) - outcomes.completed - outcomes.cancelled;

/** What models can be ranked by: the value, null where there is none yet, and whether less is better. */
const RANKED = {
  request_count: { of: ({ answers }: ModelTotals) => answers, ascending: false },
  tokens: {
    of: ({ promptTokens, completionTokens }: ModelTotals) => promptTokens + completionTokens,
    ascending: false,
  },
  latency: {
    of: ({ durationS }: ModelTotals) => (countOf(durationS) > 0 ? meanOf(durationS)! * 1000 : null),
    ascending: true,
  },
  error_rate: {
    of: (totals: ModelTotals) => (endedOf(totals) > 0 ? failedOf(totals) / endedOf(totals) : null),
    ascending: true,
  },
} as const;

type RankedBy = keyof typeof RANKED;
const isRanked = (name: string): name is RankedBy => Object.hasOwn(RANKED, name);

/**
 * The models in the order of `?metric=`, at most `?limit=` of them. Latencies are means in milliseconds, error rates shares of
 * sequences; the best come first, models without a value last.
 *
 * @throws ApiError 400
 */
export function rankedModels(report: ServerReport, { query }: ApiRequest): object {
  const metric = query.get('metric') ?? 'request_count';
  if (!isRanked(metric)) {
    const message = `'${metric.slice(0, 100)}' is not one of ${Object.keys(RANKED).join(', ')}.`;
    throw invalid('metric', 'invalid_value', message);
  }
  const limit = Number(query.get('limit') ?? DEFAULT_RANKS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_RANKS)
    throw invalid('limit', 'invalid_value', `'limit' must be a whole number from 1 to ${MOST_RANKS}.`);
  const { of, ascending } = RANKED[metric];
  const last = ascending ? Infinity : -Infinity;
  const ranking = [...mergeThreads(report).models]
    .map(([model, totals]) => ({ model, value: of(totals) }))
    .sort((a, b) => ((a.value ?? last) - (b.value ?? last)) * (ascending ? 1 : -1) || 0);
  return { metric, ranking: ranking.slice(0, limit).map((each, i) => ({ rank: i + 1, ...each })) };
}

/**
 * The models `?model1=` and `?model2=`, and which of them is better by each measure; null where neither is.
 *
 * @throws ApiError 400 without names, 404 for a model that no request has named
 */
export function comparedModels(report: ServerReport, { query }: ApiRequest): object {
  const [first, second] = ['model1', 'model2'].map((param) => {
    const model = query.get(param);
    if (!model) throw missing(param);
    return { model, totals: totalsOf(report, model, param) };
  }) as [{ model: string; totals: ModelTotals }, { model: string; totals: ModelTotals }];
  const better = Object.entries(RANKED).map(([metric, { of, ascending }]) => {
    const [a, b] = [of(first.totals), of(second.totals)];
    if (a === null || b === null || a === b) return [metric, null];
    return [metric, a < b === ascending ? first.model : second.model];
  });
  return {
    models: [first, second].map(({ model, totals }) => ({ model, ...modelJson(totals) })),
    better: Object.fromEntries(better) as Record<RankedBy, string | null>,
  };
}

/** @throws ApiError 404 for a model that no request has named */
export function totalsOf(report: ServerReport, model: string, param = 'model'): ModelTotals {
  const totals = mergeThreads(report).models.get(model);
  if (totals) return totals;
  throw new ApiError({
    status: 404,
    message: `No request has named the model '${model.slice(0, 200)}'.`,
    code: 'model_not_found',
    param,
  });
}

/** Requests that were answered 429, by rate limits or by a full queue, and the limits that are set. */
export function limitedJson({ rateLimits, options }: ServerContext, report: ServerReport): object {
  const routes = [...mergeThreads(report).routes].map(
    ([route, { statuses }]) => [route, statuses[429] ?? 0] as const,
  );
  const { rateLimitTier, rateLimitRpm, rateLimitTpm, rateLimitRpd, rateLimitTpd } = options;
  return {
    enabled: rateLimits !== undefined,
    tier: rateLimitTier ?? null,
    requests_per_minute: rateLimitRpm ?? null,
    tokens_per_minute: rateLimitTpm ?? null,
    requests_per_day: rateLimitRpd ?? null,
    tokens_per_day: rateLimitTpd ?? null,
    too_many_requests: routes.reduce((sum, [, count]) => sum + count, 0),
    routes: Object.fromEntries(routes.filter(([, count]) => count > 0)),
  };
}

/** Paths of an earlier server of this name that have nothing to show here, and what there is instead. */
export const NOT_KEPT: readonly (readonly [path: string, operationId: string, instead: string])[] = [
  ['/metrics/costs', 'metricsCosts', 'Requests have no prices; tokens by model are at /metrics/by-model'],
  [
    '/metrics/multi-dimensional',
    'metricsMultiDimensional',
    'Models and routes are counted apart, at /metrics/json',
  ],
  [
    '/metrics/rate-limits/*',
    'metricsRateLimitsOf',
    'Nothing is kept of single API keys; what was refused is at /metrics/rate-limits',
  ],
  ['/dashboard', 'dashboard', 'A live screen is in the terminal: fakeai metrics --dashboard'],
  ['/dashboard/*', 'dashboardOf', 'A live screen is in the terminal: fakeai metrics --dashboard'],
];

/** @throws ApiError 501, always */
export function notKept(instead: string): never {
  throw new ApiError({
    status: 501,
    type: 'not_implemented_error',
    code: 'not_implemented',
    // Clients would try again and again what cannot succeed.
    headers: 'x-should-retry: false\r\n',
    message: `${instead}.`,
  });
}
