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
  unit: 'ms' | 'tokens' | 'req/s' | 'tokens/s' | 'items/s' | '%' | 'ratio';
  /** `distribution`: one value per request, token or chunk. `rate`: one value per run. */
  kind: 'distribution' | 'rate';
  better: 'lower' | 'higher' | 'neither';
  /** Where token counts in it come from, if it has any. */
  tokenSource?: TokenSource | 'counted';
  /** One value of a distribution belongs to … */
  per?: 'request' | 'token' | 'chunk' | 'connection';
  /** Left out of the report on a terminal, which has no room for all; every other result has it. */
  detail?: true;
  /** Steps per unit of a distribution that is neither a latency nor a whole number. */
  steps?: number;
  /** What it is, exactly. */
  definition: string;
}

/** Who counted the tokens of an answer: the server, a tokenizer over the text that came, or nobody: its chunks. */
export const TOKEN_SOURCES = ['usage', 'tokenizer', 'chunks'] as const;
export type TokenSource = (typeof TOKEN_SOURCES)[number];

const latency = (title: string, definition: string, per: 'request' | 'token' | 'chunk' = 'request') =>
  ({ title, unit: 'ms', kind: 'distribution', better: 'lower', per, definition }) as const;

const tokens = (title: string, definition: string) =>
  ({
    title,
    unit: 'tokens',
    kind: 'distribution',
    better: 'neither',
    per: 'request',
    definition,
  }) as const;

const rate = (
  title: string,
  unit: MetricDescriptor['unit'],
  better: MetricDescriptor['better'],
  definition: string,
) => ({ title, unit, kind: 'rate', better, definition }) as const;

const detail = { detail: true } as const;
const counted = { tokenSource: 'counted' } as const;

export const METRICS = {
  response_time: latency(
    'Response time',
    'From the intended instant of the request to its last byte: what a user who arrives on schedule waits, including any time in which the load generator or the in-flight limit held the request back. Absent in closed loops, which have no intended instants.',
  ),
  total_time: latency(
    'Total time',
    'From the write of the first attempt of a request to its last byte, over all attempts and the pauses between them: what a user of a client that retries waits. The other latencies are those of the attempt that succeeded. Only with --retries.',
  ),
  e2e: latency('End to end', 'Service time: from the write of the request to its last byte.'),
  ttfb: latency('TTFB', 'From the write of the request to the first byte of the response.'),
  ttfe: {
    ...latency(
      'TTFE',
      'Time to the first event: from the write of the request to the first event of the stream, whatever it carries: a role, an id, reasoning. Comments that keep a connection alive are no events. Streams only.',
    ),
    ...detail,
  },
  ttft: latency(
    'TTFT',
    'From the write of the request to the first chunk: the first event that carries generated text (answer, reasoning or tool call). Streams only.',
  ),
  ttfo: {
    ...latency(
      'TTFO',
      'Time to the first output token: from the write of the request to the first chunk that is not reasoning. The same as ttft for models that do not reason. Streams only.',
    ),
    ...detail,
  },
  ttst: {
    ...latency('TTST', 'Time to the second token: from the first chunk to the second one. Streams only.'),
    ...detail,
  },
  itl: {
    ...latency(
      'ITL',
      'Inter-token latency: the gap before a chunk, divided by the tokens per chunk of its answer and counted once per token. The same as icl where each chunk is one token. Streams only.',
      'token',
    ),
    ...counted,
  },
  icl: {
    ...latency(
      'ICL',
      'Inter-chunk latency: the gap between consecutive chunks, one value per gap. Streams only.',
      'chunk',
    ),
    ...detail,
  },
  stall_max: latency(
    'Longest stall',
    'The longest gap between consecutive chunks of an answer, one value per request with at least two chunks. Streams only.',
  ),
  tpot: {
    ...latency(
      'TPOT',
      'Time per output token after the first: (last chunk − first chunk) / (output tokens − 1), one value per request with at least two tokens. Streams only.',
    ),
    ...counted,
  },
  ttfa: latency(
    'TTFA',
    'Time to first audio: from the write of the request to the first byte of sound, which is after the head of a WAV file. Speech only.',
  ),
  audio_stall: latency(
    'Audio stall',
    'How long a player that starts with the first byte of sound stands still in all, because what it has to play next has not come. Speech in formats that say how long they play only (WAV, PCM).',
  ),
  rtf: {
    title: 'Real-time factor',
    unit: 'ratio',
    kind: 'distribution',
    better: 'lower',
    per: 'request',
    steps: 1000,
    definition:
      'From the write of the request to its last byte, divided by how long the sound plays: of speech that which came, of transcriptions and translations that which was sent. Below 1 is faster than it is heard.',
  },
  lateness: latency(
    'Lateness',
    'From the intended instant of a request to its actual write: the delay that the load generator (or its in-flight limit) added. Absent in closed loops.',
  ),
  connect: {
    ...latency(
      'Connect',
      'Time to open a connection, one value per connection that a measured request opened: name resolution, TCP and TLS. The latencies from the write of the request include it, since the request waits for it.',
    ),
    per: 'connection',
    ...detail,
  },
  failed_time: {
    ...latency(
      'Time to failure',
      'From the write of a request that failed to its failure. Failed requests are in no other latency.',
    ),
    better: 'neither',
  },
  output_rate_per_user: {
    title: 'Tokens/s per user',
    unit: 'tokens/s',
    kind: 'distribution',
    better: 'higher',
    per: 'request',
    steps: 1000,
    definition:
      'Output tokens per second that one user sees after the first: (output tokens − 1) / (last chunk − first chunk), the inverse of tpot. Streams only.',
    ...counted,
    ...detail,
  },
  input_tokens: {
    ...tokens(
      'Input tokens',
      'Prompt tokens that the server reported in usage; the planned length where it reported none.',
    ),
    tokenSource: 'usage',
  },
  output_tokens: {
    ...tokens(
      'Output tokens',
      'Completion tokens that the server reported in usage; where it reported none, those that the tokenizer finds in the text that came, else the number of chunks. The counters tokenized and chunkCounted say how many answers were counted in which way.',
    ),
    ...counted,
  },
  reasoning_tokens: {
    ...tokens(
      'Reasoning tokens',
      'Reasoning tokens that the server reported in usage; they are part of the output tokens. Absent where it reported none.',
    ),
    tokenSource: 'usage',
    ...detail,
  },
  cached_tokens: {
    ...tokens(
      'Cached tokens',
      'Prompt tokens that the server reported as read from its cache; they are part of the input tokens. Absent where it reported none.',
    ),
    better: 'higher',
    tokenSource: 'usage',
    ...detail,
  },
  tokens_per_chunk: {
    ...tokens('Tokens per chunk', 'Output tokens divided by chunks, one value per request. Streams only.'),
    steps: 1000,
    ...counted,
    ...detail,
  },
  token_mismatch: {
    title: 'Token mismatch',
    unit: '%',
    kind: 'distribution',
    better: 'lower',
    per: 'request',
    steps: 1000,
    definition:
      "How far the output tokens in usage and those of the tokenizer are apart, as a share of usage in percent. Only with a tokenizer that was asked for (--tokenizer); a tokenizer that is not the model's own differs by some percent.",
    ...detail,
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
  goodput: rate(
    'Goodput',
    'req/s',
    'higher',
    'Requests per second that met all conditions on single requests: those of --goodput, else the limits of the --slo gates on latencies. Absent without conditions.',
  ),
  goodput_share: rate(
    'Goodput share',
    '%',
    'higher',
    'Requests that met all those conditions as a share of all that ended, in percent: failed ones meet none. Absent without conditions.',
  ),
  item_rate: rate(
    'Item rate',
    'items/s',
    'higher',
    'Items of completed requests divided by the measured time, for endpoints whose answers are not counted in tokens: images, seconds of audio, embeddings, ranked documents or judged texts. Absent for others.',
  ),
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
/** What the table says of a metric, with the members that most of them lack. */
export const descriptorOf = (name: MetricName): MetricDescriptor => METRICS[name];
export const RATE_NAMES = METRIC_NAMES.filter((n) => METRICS[n].kind === 'rate') as RateName[];
