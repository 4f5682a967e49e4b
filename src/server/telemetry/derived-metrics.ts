/** Dynamo's frontend, and vLLM's dialect where no cluster is simulated: from what the server itself saw. */
import { type Exposition, KeptLabels } from '../../lib/exposition.js';
import { DYNAMO, oneTwoFive, VLLM } from '../../simulator/telemetry/bounds.js';
import { mergeThreads, type ServerReport } from './report.js';
import { sumOf } from '../../simulator/telemetry/model-cluster.js';
import type { EndpointLosses, Loss, ModelTotals } from './model-meter.js';

const MODELS = new KeptLabels((model) => ({ model }));
const ENGINES = new KeptLabels((model_name) => ({ model_name, engine: 0 }));
/** Token histograms of a server without a context limit of its own end here. */
const LONGEST_TOKENS = 100_000;

/** Dynamo's names for why requests fail. */
const ERROR_TYPES: Readonly<Record<Loss, string>> = {
  cancelled: 'cancelled',
  queue_full: 'overload',
  unavailable: 'overload',
  context_too_long: 'validation',
  replica_failed: 'internal',
};
const REQUEST_TYPES = ['unary', 'stream'] as const;
const requestType = (streamed: boolean): (typeof REQUEST_TYPES)[number] => REQUEST_TYPES[streamed ? 1 : 0];

/** Sums of what was lost, by labels in the order in which they came up. */
function lostBy(
  losses: readonly EndpointLosses[],
  labelsOf: (loss: EndpointLosses) => string | undefined,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const loss of losses) {
    const labels = labelsOf(loss);
    if (labels !== undefined) sums.set(labels, (sums.get(labels) ?? 0) + loss.count);
  }
  return sums;
}

/** `dynamo_frontend_*`: what an HTTP frontend counts, whatever is behind it. */
export function dynamoFrontendMetrics(out: Exposition, report: ServerReport): void {
  const models = [...mergeThreads(report).models].map(
    ([model, totals]) => [MODELS.of(model), totals] as const,
  );
  const name = (suffix: string): string => `dynamo_frontend_${suffix}`;
  out.family(name('requests_total'), 'counter', 'Total number of LLM requests processed');
  for (const [model, totals] of models) {
    for (const { endpoint, unary, streamed } of totals.endpoints) {
      for (const [type, count] of [
        [REQUEST_TYPES[0], unary],
        [REQUEST_TYPES[1], streamed],
      ] as const) {
        const which = `endpoint="${endpoint}",request_type="${type}"`;
        if (count > 0) out.sample(model, count, `${which},status="success",error_type=""`);
      }
    }
    const lost = lostBy(
      totals.losses,
      ({ endpoint, streamed, why }) =>
        `endpoint="${endpoint}",request_type="${requestType(streamed)}",status="error",error_type="${ERROR_TYPES[why]}"`,
    );
    for (const [labels, count] of lost) out.sample(model, count, labels);
  }
  const gauge = (suffix: string, help: string, value: (totals: ModelTotals) => number): void => {
    out.family(name(suffix), 'gauge', help);
    for (const [model, totals] of models) out.sample(model, value(totals));
  };
  gauge('inflight_requests', 'Number of inflight requests', ({ active }) => active);
  gauge('active_requests', 'Number of requests being handled by the frontend', ({ active }) => active);
  gauge('queued_requests', 'Number of requests in HTTP processing queue', ({ queued }) => queued);
  const isCancelled = ({ why }: EndpointLosses): boolean => why === 'cancelled';
  out.family(name('disconnected_clients'), 'gauge', 'Number of disconnected clients');
  out.sample(
    '',
    models.reduce((sum, [, { losses }]) => sum + sumOf(losses.filter(isCancelled), ({ count }) => count), 0),
  );
  out.family(name('model_cancellation_total'), 'counter', 'Total number of request cancellations');
  for (const [model, { losses }] of models) {
    const cancelled = lostBy(
      losses.filter(isCancelled),
      ({ endpoint, streamed }) => `endpoint="${endpoint}",request_type="${requestType(streamed)}"`,
    );
    for (const [labels, count] of cancelled) out.sample(model, count, labels);
  }
  out.family(
    name('model_rejection_total'),
    'counter',
    'Total number of requests rejected due to resource exhaustion',
  );
  for (const [model, { losses }] of models) {
    const rejected = lostBy(losses, ({ endpoint, why }) =>
      ERROR_TYPES[why] === 'overload' ? `endpoint="${endpoint}"` : undefined,
    );
    for (const [labels, count] of rejected) out.sample(model, count, labels);
  }
  out.family(name('output_tokens_total'), 'counter', 'Total number of output tokens generated');
  for (const [model, { completionTokens }] of models) out.sample(model, completionTokens);
  for (const [suffix, key, bounds, help] of [
    ['request_duration_seconds', 'durationS', DYNAMO.durationS, 'Duration of LLM requests'],
    ['input_sequence_tokens', 'promptSizes', DYNAMO.inputTokens, 'Input sequence length in tokens'],
    ['output_sequence_tokens', 'completionSizes', DYNAMO.outputTokens, 'Output sequence length in tokens'],
    [
      'cached_tokens',
      'cachedSizes',
      DYNAMO.inputTokens,
      'Number of cached tokens (prefix cache hits) per request',
    ],
    ['time_to_first_token_seconds', 'ttftS', DYNAMO.ttftS, 'Time to first token in seconds'],
    ['inter_token_latency_seconds', 'itlS', DYNAMO.itlS, 'Inter-token latency in seconds'],
  ] as const) {
    out.family(name(suffix), 'histogram', help);
    for (const [model, totals] of models) out.histogram(model, totals[key], bounds);
  }
}

/** What of vLLM's metrics is true without an engine: no steps, no KV cache. */
export function vllmServerMetrics(out: Exposition, report: ServerReport): void {
  const models = [...mergeThreads(report).models];
  const labels = models.map(([model]) => ENGINES.of(model));
  const each = (write: (totals: ModelTotals, labels: string) => void): void =>
    models.forEach(([, totals], i) => write(totals, labels[i]!));
  out.family('vllm:num_requests_running', 'gauge', 'Number of requests in model execution batches.');
  each(({ active, queued }, text) => out.sample(text, active - queued));
  out.family('vllm:num_requests_waiting', 'gauge', 'Number of requests waiting to be processed.');
  each(({ queued }, text) => out.sample(text, queued));
  out.family('vllm:prompt_tokens_total', 'counter', 'Number of prefill tokens processed.');
  each(({ promptTokens }, text) => out.sample(text, promptTokens));
  out.family('vllm:generation_tokens_total', 'counter', 'Number of generation tokens processed.');
  each(({ completionTokens }, text) => out.sample(text, completionTokens));
  for (const [suffix, key, bounds, help] of [
    [
      'request_prompt_tokens',
      'promptSizes',
      oneTwoFive(LONGEST_TOKENS),
      'Number of prefill tokens processed.',
    ],
    [
      'request_generation_tokens',
      'completionSizes',
      oneTwoFive(LONGEST_TOKENS),
      'Number of generation tokens processed.',
    ],
    ['time_to_first_token_seconds', 'ttftS', VLLM.ttftS, 'Histogram of time to first token in seconds.'],
    ['inter_token_latency_seconds', 'itlS', VLLM.tokenS, 'Histogram of inter-token latency in seconds.'],
    [
      'e2e_request_latency_seconds',
      'durationS',
      VLLM.latencyS,
      'Histogram of e2e request latency in seconds.',
    ],
  ] as const) {
    out.family(`vllm:${suffix}`, 'histogram', help);
    each((totals, text) => out.histogram(text, totals[key], bounds));
  }
}
