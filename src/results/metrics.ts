/**
 * The one table of metrics. The run file's schema, the screens, the documentation and the `--slo` parser are all
 * functions of it.
 */

/** Statistics of a distribution, in the order in which they are shown. */
export const STATISTICS = ['mean', 'stddev', 'min', 'max', 'p50', 'p90', 'p95', 'p99', 'p999'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** The percentiles among {@link STATISTICS}, as shares. */
export const PERCENTILES = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
} as const satisfies Partial<Record<Statistic, number>>;

export interface MetricDescriptor {
  /** For people, in a table's first column. */
  title: string;
  unit: 'ms' | 'tokens' | 'req/s' | 'tokens/s' | '%';
  /** `distribution`: one value per request or per token. `rate`: one value per run. */
  kind: 'distribution' | 'rate';
  better: 'lower' | 'higher' | 'neither';
  /** Where token counts in it come from, if it has any. */
  tokenSource?: 'usage' | 'chunks';
  /** One value of a distribution belongs to … */
  per?: 'request' | 'chunk';
  /** What it is, exactly. */
  definition: string;
}

const latency = (title: string, definition: string, per: 'request' | 'chunk' = 'request') =>
  ({ title, unit: 'ms', kind: 'distribution', better: 'lower', per, definition }) as const;

const rate = (
  title: string,
  unit: MetricDescriptor['unit'],
  better: MetricDescriptor['better'],
  definition: string,
) => ({ title, unit, kind: 'rate', better, definition }) as const;

export const METRICS = {
  response_time: latency(
    'Response time',
    'From the intended instant of the request to its last byte: what a user who arrives on schedule waits, including any time in which the load generator or the in-flight limit held the request back. Absent in closed loops, which have no intended instants.',
  ),
  e2e: latency('End to end', 'Service time: from the write of the request to its last byte.'),
  ttfb: latency('TTFB', 'From the write of the request to the first byte of the response.'),
  ttft: latency(
    'TTFT',
    'From the write of the request to the first event that carries generated text (content or reasoning). Streams only.',
  ),
  itl: {
    ...latency(
      'ITL',
      'Gap between consecutive events that carry generated text, one value per gap. Streams only.',
      'chunk',
    ),
    tokenSource: 'chunks',
  },
  tpot: {
    ...latency(
      'TPOT',
      'Time per output token after the first: (last text event − first text event) / (output tokens − 1), one value per request with at least two tokens. Streams only.',
    ),
    tokenSource: 'usage',
  },
  lateness: latency(
    'Lateness',
    'From the intended instant of a request to its actual write: the delay that the load generator (or its in-flight limit) added. Absent in closed loops.',
  ),
  input_tokens: {
    title: 'Input tokens',
    unit: 'tokens',
    kind: 'distribution',
    better: 'neither',
    per: 'request',
    tokenSource: 'usage',
    definition: 'Prompt tokens that the server reported in usage; the planned length where it reported none.',
  },
  output_tokens: {
    title: 'Output tokens',
    unit: 'tokens',
    kind: 'distribution',
    better: 'neither',
    per: 'request',
    tokenSource: 'usage',
    definition:
      'Completion tokens that the server reported in usage; the number of text events where it reported none.',
  },
  request_rate: rate('Request rate', 'req/s', 'higher', 'Completed requests divided by the measured time.'),
  output_token_rate: rate(
    'Output token rate',
    'tokens/s',
    'higher',
    'Output tokens of completed requests divided by the measured time.',
  ),
  input_token_rate: rate(
    'Input token rate',
    'tokens/s',
    'higher',
    'Input tokens of completed requests divided by the measured time.',
  ),
  error_rate: rate('Error rate', '%', 'lower', 'Failed requests as a share of all that ended, in percent.'),
} as const satisfies Record<string, MetricDescriptor>;

export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];
export type DistributionName = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends 'distribution' ? N : never;
}[MetricName];
export type RateName = Exclude<MetricName, DistributionName>;
export const DISTRIBUTION_NAMES = METRIC_NAMES.filter(
  (n) => METRICS[n].kind === 'distribution',
) as DistributionName[];
export const RATE_NAMES = METRIC_NAMES.filter((n) => METRICS[n].kind === 'rate') as RateName[];
