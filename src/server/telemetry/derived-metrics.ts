/** Dynamo's frontend, and vLLM's dialect where no cluster is simulated: from what the server itself saw. */
import { type Exposition, labelText } from '../../lib/exposition.js';
import { DYNAMO, oneTwoFive, VLLM } from '../../simulator/telemetry/bounds.js';
import { mergeThreads, type ServerReport } from './report.js';
import type { ModelTotals } from './model-meter.js';

/** Token histograms of a server without a context limit of its own end here. */
const LONGEST_TOKENS = 100_000;

const failuresOf = ({ outcomes }: ModelTotals): number =>
  outcomes.queue_full + outcomes.context_too_long + outcomes.unavailable + outcomes.replica_failed;

/** `dynamo_frontend_*`: what an HTTP frontend counts, whatever is behind it. */
export function dynamoFrontendMetrics(out: Exposition, report: ServerReport): void {
  const models = [...mergeThreads(report).models].map(
    ([model, totals]) => [labelText({ model }), totals] as const,
  );
  const name = (suffix: string): string => `dynamo_frontend_${suffix}`;
  out.family(name('requests_total'), 'counter', 'Total number of LLM requests processed');
  for (const [model, totals] of models) {
    for (const { endpoint, unary, streamed } of totals.endpoints) {
      for (const [type, count] of [
        ['unary', unary],
        ['stream', streamed],
      ] as const) {
        const which = `endpoint="${endpoint}",request_type="${type}"`;
        if (count > 0) out.sample(`${model},${which},status="success",error_type=""`, count);
      }
    }
    // Choices, not requests, of whatever endpoint: more is not known of those that were not answered.
    const label = (status: string, type: string): string =>
      `${model},endpoint="chat_completions",status="${status}",error_type="${type}"`;
    out.sample(label('error', 'cancelled'), totals.outcomes.cancelled);
    out.sample(label('error', 'overload'), totals.outcomes.queue_full);
    out.sample(label('error', 'internal'), failuresOf(totals) - totals.outcomes.queue_full);
  }
  const gauge = (suffix: string, help: string, value: (totals: ModelTotals) => number): void => {
    out.family(name(suffix), 'gauge', help);
    for (const [model, totals] of models) out.sample(model, value(totals));
  };
  gauge('inflight_requests', 'Number of inflight requests', ({ active }) => active);
  gauge('active_requests', 'Number of requests being handled by the frontend', ({ active }) => active);
  gauge('queued_requests', 'Number of requests in HTTP processing queue', ({ queued }) => queued);
  out.family(name('disconnected_clients'), 'gauge', 'Number of disconnected clients');
  out.sample(
    '',
    models.reduce((sum, [, { outcomes }]) => sum + outcomes.cancelled, 0),
  );
  for (const [suffix, help, value] of [
    [
      'model_cancellation_total',
      'Total number of request cancellations',
      (totals: ModelTotals) => totals.outcomes.cancelled,
    ],
    [
      'model_rejection_total',
      'Total number of requests rejected due to resource exhaustion',
      (totals: ModelTotals) => totals.outcomes.queue_full + totals.outcomes.unavailable,
    ],
  ] as const) {
    out.family(name(suffix), 'counter', help);
    for (const [model, totals] of models) out.sample(`${model},endpoint="chat_completions"`, value(totals));
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
  const labels = models.map(([model]) => labelText({ model_name: model, engine: 0 }));
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
