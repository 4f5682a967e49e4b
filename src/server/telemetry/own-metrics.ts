/** `fakeai_*`: what the server itself counted, of all threads together. */
import type { BoundFamilies } from '../../lib/bound-families.js';
import { type HistogramData, HistogramSum } from '../../lib/bucket-histogram.js';
import { type Exposition, KeptLabels, labelText, type MetricType } from '../../lib/exposition.js';
import { packageInfo } from '../../lib/package-info.js';
import { COUNTED } from '../../simulator/telemetry/bounds.js';
import { mergeThreads, PACING_S, total, type ServerReport } from './report.js';
import { type ModelMeter, OUTCOMES } from './model-meter.js';
import type { ThreadMeters } from './thread-meters.js';

const MODELS = new KeptLabels((model) => ({ model }));
const THREADS = new KeptLabels((_name, thread) => ({ thread }));
/** By method and path, as meters name them. */
const ROUTES = new KeptLabels((name) => {
  const [method = '', route = ''] = name.split(' ');
  return route === '' ? { method: '', route: name } : { method, route };
});
const STATUSES = new KeptLabels((status) => ({ status }));
const OUTCOME_LABELS = new KeptLabels((outcome) => ({ outcome }));

/** The server's own metrics. */
export function ownMetrics(out: Exposition, report: ServerReport): void {
  out.bound('own', report, (families) => bindMetrics(families, report));
}

function bindMetrics(out: BoundFamilies, report: ServerReport): void {
  const meters = mergeThreads(report);
  out.depends(({ models, routes: all }) => models.size + all.size, meters);
  server(out, report);
  routes(out, meters);
  const models = [...meters.models].map(([model, totals]) => ({ labels: MODELS.of(model), totals }));
  generations(out, models);
  tokens(out, models);
  threads(out, report);
}

function server(out: BoundFamilies, report: ServerReport): void {
  const one = (
    name: string,
    type: MetricType,
    help: string,
    value: (report: ServerReport) => number,
  ): void => {
    out.family(name, type, help).sample('', value, report);
  };
  out.family('fakeai_build_info', 'gauge', 'Always 1; the labels say what runs.');
  out.constant(labelText({ version: packageInfo().version, latency: report.latency }), 1);
  one('fakeai_uptime_seconds', 'gauge', 'Time since the start.', ({ uptimeMs }) => uptimeMs / 1000);
  one('fakeai_threads', 'gauge', 'Threads that serve.', ({ threads: all }) => all.length);
  one('fakeai_active_streams', 'gauge', 'Streams being written.', activeStreams);
  one('fakeai_open_connections', 'gauge', 'Open connections.', connections);
  one('process_cpu_seconds_total', 'counter', 'CPU time of the process.', ({ cpuMs }) => cpuMs / 1000);
  one(
    'process_resident_memory_bytes',
    'gauge',
    'Resident memory of the process.',
    ({ residentBytes }) => residentBytes,
  );
}

const activeStreams = (report: ServerReport): number => total(report, (thread) => thread.activeStreams);
const connections = (report: ServerReport): number => total(report, (thread) => thread.connections);

function routes(out: BoundFamilies, { routes: all }: ThreadMeters): void {
  const labelled = [...all].map(([name, totals]) => ({ labels: ROUTES.of(name), totals }));
  out.family(
    'fakeai_http_requests_total',
    'counter',
    'Requests answered, by status; 499 where the client went before the answer was complete.',
  );
  for (const { labels, totals } of labelled) {
    out.depends(({ statusCount }) => statusCount, totals);
    for (const status of Object.keys(totals.statuses))
      out.sample(labels, (route) => route.answersOf(Number(status)), totals, STATUSES.of(status));
  }
  out.family(
    'fakeai_http_request_duration_seconds',
    'histogram',
    'From the complete request to the last byte of its answer.',
  );
  for (const { labels, totals } of labelled) out.histogram(labels, totals.durationS, COUNTED.e2eS);
}

/** What was counted of a model, and the labels of it. */
interface Labelled {
  readonly labels: string;
  readonly totals: ModelMeter;
}

function generations(out: BoundFamilies, models: readonly Labelled[]): void {
  out.family(
    'fakeai_generations_total',
    'counter',
    'Sequences (choices of requests) by what became of them.',
  );
  for (const { labels, totals } of models) {
    for (const outcome of OUTCOMES)
      out.sample(labels, (model) => model.endedAs(outcome), totals, OUTCOME_LABELS.of(outcome));
  }
  out.family('fakeai_generations_active', 'gauge', 'Sequences under way.');
  for (const { labels, totals } of models) out.sample(labels, ({ active }) => active, totals);
  out.family('fakeai_generations_queued', 'gauge', 'Sequences under way that have no token yet.');
  for (const { labels, totals } of models) out.sample(labels, ({ queued }) => queued, totals);
  for (const [name, key, bounds, help] of [
    [
      'time_to_first_token_seconds',
      'ttftS',
      COUNTED.ttftS,
      'From the request to the first token, as handed to the protocol.',
    ],
    [
      'inter_token_latency_seconds',
      'itlS',
      COUNTED.itlS,
      'Between two tokens of a sequence; tokens ready together count once.',
    ],
    [
      'generation_duration_seconds',
      'durationS',
      COUNTED.e2eS,
      'From the request to the end of the sequence.',
    ],
    ['request_prompt_tokens', 'promptSizes', COUNTED.promptTokens, 'Prompt tokens of a request.'],
    ['request_completion_tokens', 'completionSizes', COUNTED.generationTokens, 'Tokens of an answer.'],
  ] as const) {
    out.family(`fakeai_${name}`, 'histogram', help);
    for (const { labels, totals } of models) out.histogram(labels, totals[key], bounds);
  }
}

/** As in the answers' usage. */
function tokens(out: BoundFamilies, models: readonly Labelled[]): void {
  for (const [name, key, help] of [
    ['answers_total', 'answers', 'Complete answers with usage.'],
    ['prompt_tokens_total', 'promptTokens', 'Prompt tokens of complete answers, as their usage says.'],
    ['cached_prompt_tokens_total', 'cachedTokens', 'Of these, found in a cache.'],
    [
      'completion_tokens_total',
      'completionTokens',
      'Generated tokens of complete answers, as their usage says.',
    ],
    ['reasoning_tokens_total', 'reasoningTokens', 'Of these, spent on reasoning.'],
  ] as const) {
    out.family(`fakeai_${name}`, 'counter', help);
    for (const { labels, totals } of models) out.sample(labels, (model) => model[key], totals);
  }
}

function threads(out: BoundFamilies, report: ServerReport): void {
  out.family(
    'fakeai_pacing_error_seconds',
    'histogram',
    'How late tokens were handed on, from the instant at which they were ready.',
  );
  const pacing = (): HistogramData[] => report.threads.map(({ pacingS }) => pacingS);
  out.histogram('', new HistogramSum(PACING_S, pacing));
  out.family('fakeai_pacing_error_max_seconds', 'gauge', 'The latest token since the start.');
  out.sample('', latestS, report);
  out.family('fakeai_event_loop_utilization', 'gauge', 'Share of the time in which a thread was not idle.');
  for (const thread of report.threads.keys())
    out.sample(THREADS.of('', thread), (all) => all.threads[thread]!.loop.utilization, report);
  out.family(
    'fakeai_event_loop_delay_seconds',
    'gauge',
    'How late timers of a thread ran while clients were connected.',
  );
  for (const thread of report.threads.keys()) {
    for (const [stat, key] of DELAYS) {
      const value = (all: ServerReport): number => all.threads[thread]!.loop[key] / 1000;
      out.sample(THREADS.of('', thread), value, report, stat);
    }
  }
}

const latestS = (report: ServerReport): number =>
  Math.max(0, ...report.threads.map(({ pacing: { maxMs } }) => maxMs / 1000));

const DELAYS = [
  ['stat="mean"', 'delayMeanMs'],
  ['stat="p99"', 'delayP99Ms'],
  ['stat="max"', 'delayMaxMs'],
] as const;
