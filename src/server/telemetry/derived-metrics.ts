/** Dynamo's frontend, and vLLM's dialect where no cluster is simulated: from what the server itself saw. */
import type { BoundFamilies } from '../../lib/bound-families.js';
import { type Exposition, KeptLabels } from '../../lib/exposition.js';
import { DYNAMO, oneTwoFive, VLLM } from '../../simulator/telemetry/bounds.js';
import { mergeThreads, type ServerReport } from './report.js';
import { sumOf } from '../../simulator/telemetry/model-cluster.js';
import type { EndpointLosses, Loss } from './endpoint-kinds.js';
import type { ModelMeter, ModelTotals } from './model-meter.js';
import type { ThreadMeters } from './thread-meters.js';

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

type Lost = Omit<EndpointLosses, 'count'>;

/** What was lost, by labels in the order in which they came up. */
function lostBy(
  losses: readonly Lost[],
  labelsOf: (loss: Lost) => string | undefined,
): Map<string, readonly Lost[]> {
  const kinds = new Map<string, readonly Lost[]>();
  for (const loss of losses) {
    const labels = labelsOf(loss);
    if (labels !== undefined) kinds.set(labels, [...(kinds.get(labels) ?? []), loss]);
  }
  return kinds;
}

const isCancelled = ({ why }: Lost): boolean => why === 'cancelled';

/** Requests that were given up, of all models. */
const cancelledOf = (models: readonly Labelled[]): number =>
  sumOf(models, ([, totals]) => totals.lossesOf('cancelled'));

/** The labels of a model, and what was counted of it. */
type Labelled = readonly [labels: string, totals: ModelMeter];

/** `dynamo_frontend_*`: what an HTTP frontend counts, whatever is behind it. */
export function dynamoFrontendMetrics(out: Exposition, report: ServerReport): void {
  out.bound('dynamo-frontend', report, (families) => bindFrontend(families, mergeThreads(report)));
}

const nameOf = (suffix: string): string => `dynamo_frontend_${suffix}`;

function bindFrontend(out: BoundFamilies, meters: ThreadMeters): void {
  out.depends(({ models }) => models.size, meters);
  const models = [...meters.models].map(([model, totals]) => [MODELS.of(model), totals] as const);
  for (const [, totals] of models) out.depends(({ endpointKinds }) => endpointKinds, totals);
  requests(out, models);
  const gauge = (suffix: string, help: string, value: (totals: ModelMeter) => number): void => {
    out.family(nameOf(suffix), 'gauge', help);
    for (const [model, totals] of models) out.sample(model, value, totals);
  };
  gauge('inflight_requests', 'Number of inflight requests', ({ active }) => active);
  gauge('active_requests', 'Number of requests being handled by the frontend', ({ active }) => active);
  gauge('queued_requests', 'Number of requests in HTTP processing queue', ({ queued }) => queued);
  losses(out, models);
  out.family(nameOf('output_tokens_total'), 'counter', 'Total number of output tokens generated');
  for (const [model, totals] of models) out.sample(model, ({ completionTokens }) => completionTokens, totals);
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
    out.family(nameOf(suffix), 'histogram', help);
    for (const [model, totals] of models) out.histogram(model, totals[key], bounds);
  }
}

function requests(out: BoundFamilies, models: readonly Labelled[]): void {
  out.family(nameOf('requests_total'), 'counter', 'Total number of LLM requests processed');
  for (const [model, totals] of models) {
    for (const { endpoint } of totals.endpoints) {
      for (const streamed of [false, true]) {
        if (totals.answersAt(endpoint, streamed) === 0) continue;
        const which = `endpoint="${endpoint}",request_type="${requestType(streamed)}"`;
        out.sample(
          model,
          (all) => all.answersAt(endpoint, streamed),
          totals,
          `${which},status="success",error_type=""`,
        );
      }
    }
    lost(out, model, totals, totals.losses, ({ endpoint, streamed, why }) => {
      const which = `endpoint="${endpoint}",request_type="${requestType(streamed)}"`;
      return `${which},status="error",error_type="${ERROR_TYPES[why]}"`;
    });
  }
}

function losses(out: BoundFamilies, models: readonly Labelled[]): void {
  out.family(nameOf('disconnected_clients'), 'gauge', 'Number of disconnected clients');
  out.sample('', cancelledOf, models);
  out.family(nameOf('model_cancellation_total'), 'counter', 'Total number of request cancellations');
  for (const [model, totals] of models) {
    lost(
      out,
      model,
      totals,
      totals.losses.filter(isCancelled),
      ({ endpoint, streamed }) => `endpoint="${endpoint}",request_type="${requestType(streamed)}"`,
    );
  }
  out.family(
    nameOf('model_rejection_total'),
    'counter',
    'Total number of requests rejected due to resource exhaustion',
  );
  for (const [model, totals] of models) {
    lost(out, model, totals, totals.losses, ({ endpoint, why }) =>
      ERROR_TYPES[why] === 'overload' ? `endpoint="${endpoint}"` : undefined,
    );
  }
}

/** A sample for each kind of losses that has labels of its own. */
function lost(
  out: BoundFamilies,
  model: string,
  totals: ModelMeter,
  kinds: readonly Lost[],
  labelsOf: (loss: Lost) => string | undefined,
): void {
  for (const [labels, same] of lostBy(kinds, labelsOf))
    out.sample(model, (all) => sumOf(same, (loss) => all.lossesAt(loss)), totals, labels);
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
