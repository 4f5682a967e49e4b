/**
 * Results in the shape of AIPerf's `profile_export_aiperf.json` (its export schema 1.4: `unit`, `avg`, percentiles, `std`, `count`,
 * `sum` per metric), for tools that read it. Names follow AIPerf's definitions, not ours: its `inter_token_latency` is one
 * mean per request, which is our `tpot`; our `icl`, one value per gap between chunks, is its `inter_chunk_latency`.
 */
import { decodeHistograms } from '../read-run-file.js';
import type { Distribution } from '../distribution.js';
import type { DistributionName, RateName } from '../metrics.js';
import type { RunFile, RunTarget } from '../run-file.js';
import { METRICS } from '../metrics.js';

const RECORD_METRICS = {
  request_latency: 'e2e',
  time_to_first_token: 'ttft',
  time_to_first_output_token: 'ttfo',
  time_to_second_token: 'ttst',
  inter_token_latency: 'tpot',
  inter_chunk_latency: 'icl',
  output_token_throughput_per_user: 'output_rate_per_user',
  input_sequence_length: 'input_tokens',
  output_sequence_length: 'output_tokens',
  reasoning_token_count: 'reasoning_tokens',
} as const satisfies Record<string, DistributionName>;

const THROUGHPUTS = {
  request_throughput: { rate: 'request_rate', unit: 'requests/sec' },
  output_token_throughput: { rate: 'output_token_rate', unit: 'tokens/sec' },
  input_token_throughput: { rate: 'input_token_rate', unit: 'tokens/sec' },
  goodput: { rate: 'goodput', unit: 'requests/sec' },
} as const satisfies Record<string, { rate: RateName; unit: string }>;

const PERCENTS = [1, 5, 10, 25, 50, 75, 90, 95, 99] as const;

/** One target's results; fields without a value are left out, as AIPerf does. */
export function toAiperf(run: RunFile, target: RunTarget): string {
  const distributions = decodeHistograms(target.histograms);
  const startMs = Date.parse(run.startedAt);
  const records = Object.entries(RECORD_METRICS).flatMap(([name, ours]) => {
    const distribution = distributions[ours];
    return distribution ? [[name, recordMetric(METRICS[ours].unit, distribution)] as const] : [];
  });
  const throughputs = Object.entries(THROUGHPUTS).flatMap(([name, { rate, unit }]) => {
    const { value } = target.rates[rate];
    return value === null ? [] : [[name, { unit, avg: value }] as const];
  });
  const { completed, failed, inputTokens, outputTokens } = target.counters;
  const document = {
    schema_version: '1.4',
    ...Object.fromEntries([...throughputs, ...records]),
    ...togetherOf(target),
    request_count: { unit: 'requests', avg: completed },
    error_request_count: { unit: 'requests', avg: failed },
    total_isl: { unit: 'tokens', avg: inputTokens },
    total_osl: { unit: 'tokens', avg: outputTokens },
    ...reasoningOf(target),
    ...(target.counters.good !== undefined && {
      good_request_count: { unit: 'requests', avg: target.counters.good },
    }),
    benchmark_duration: { unit: 'sec', avg: target.measuredMs / 1000 },
    start_time: run.startedAt,
    end_time: new Date(startMs + run.plan.warmupMs + target.measuredMs).toISOString(),
    was_cancelled: run.interrupted,
    is_complete: !run.interrupted,
    error_summary: target.errors.map(({ kind, count, example }) => ({
      error_details: { type: kind, message: example },
      count,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** What it puts together of the two kinds of tokens, and of the two ways to end. */
function togetherOf({ rates, counters: { completed, failed } }: RunTarget) {
  const input = rates.input_token_rate.value;
  const output = rates.output_token_rate.value;
  const ended = completed + failed;
  return {
    ...(input !== null &&
      output !== null && { total_token_throughput: { unit: 'tokens/sec', avg: input + output } }),
    ...(ended > 0 && { request_error_rate: { unit: '%', avg: (100 * failed) / ended } }),
  };
}

/** Its output tokens are those that are not reasoning; its output sequence has both. */
function reasoningOf({ counters: { outputTokens }, metrics: { reasoning_tokens: reasoning } }: RunTarget) {
  if (!reasoning) return { total_output_tokens: { unit: 'tokens', avg: outputTokens } };
  const total = (reasoning.mean ?? 0) * reasoning.count;
  return {
    total_output_tokens: { unit: 'tokens', avg: outputTokens - total },
    total_reasoning_tokens: { unit: 'tokens', avg: total },
  };
}

function recordMetric(unit: string, distribution: Distribution): Record<string, string | number> {
  const { count } = distribution;
  const mean = distribution.statistic('mean')!;
  const values = {
    unit,
    avg: mean,
    ...Object.fromEntries(PERCENTS.map((percent) => [`p${percent}`, distribution.quantile(percent / 100)])),
    min: distribution.statistic('min'),
    max: distribution.statistic('max'),
    std: distribution.statistic('stddev'),
    count,
    sum: mean * count,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Record<
    string,
    string | number
  >;
}
