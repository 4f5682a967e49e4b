/**
 * Every setting of fakeai, once. Flags, FAKEAI_* variables, the configuration file, its JSON Schema and the reference
 * documentation are all made from here.
 */
import * as z from 'zod';
import { simulateFields } from './simulate-fields.js';
import {
  autoToggle,
  choice,
  duration,
  httpUrl,
  integer,
  list,
  positive,
  setting,
  share,
  text,
  threads,
  toggle,
  tokenLength,
} from './fields.js';
import { compareSchema, mergeSchema, outputField, reportSchema } from './report-schema.js';

/** The embedded simulator and `fakeai server` share these: what answers, and how fast. */
const simulatorFields = {
  model: setting(list(text()).default(['fakeai-1']), {
    summary: 'Model id to serve; the first one is the default',
    group: 'simulator',
    char: 'm',
    repeatable: true,
    valueName: '<id>',
  }),
  latency: setting(choice(['instant', 'fixed']).default('fixed'), {
    summary: 'How time passes: instant answers at once, fixed waits --ttft and then --itl between tokens',
    group: 'simulator',
  }),
  ttft: setting(duration('ms').default(200), {
    summary: 'Time to the first token, with --latency fixed',
    group: 'simulator',
    valueName: '<duration>',
  }),
  itl: setting(duration('ms').default(20), {
    summary: 'Time between tokens, with --latency fixed',
    group: 'simulator',
    valueName: '<duration>',
  }),
  jitter: setting(share().default(0.1), {
    summary: 'Standard deviation of --ttft and --itl as a share of them, 0 to 1 (normal, never below zero)',
    group: 'simulator',
    valueName: '<share>',
  }),
};

/** `fakeai server`. */
export const serverSchema = z.strictObject({
  host: setting(text().default('127.0.0.1'), {
    summary: 'Address to listen on',
    group: 'listen',
    valueName: '<address>',
  }),
  port: setting(integer(0, 65_535).default(8000), {
    summary: 'Port to listen on; 0 takes any free one',
    group: 'listen',
    char: 'p',
    valueName: '<port>',
  }),
  threads: setting(threads().default('auto'), {
    summary: 'Threads that serve requests; auto is one per core',
    group: 'listen',
    valueName: '<n>',
  }),
  ...simulatorFields,
  seed: setting(integer(0, 2 ** 32 - 1).default(0), {
    summary: 'Seed of all content and jitter; the same seed gives the same bytes',
    group: 'simulator',
    valueName: '<n>',
  }),
  bodyLimit: setting(integer(1, 2 ** 30).default(32 * 1024 * 1024), {
    summary: 'Largest request body, in bytes; a larger one is answered with 413',
    group: 'limits',
    valueName: '<bytes>',
  }),
  maxConnections: setting(integer(1, 1_000_000).default(20_000), {
    summary: 'Most open connections per thread; further ones are closed at once',
    group: 'limits',
    valueName: '<n>',
  }),
  drain: setting(duration('s').default(30_000), {
    summary: 'How long a stopping server lets open responses finish',
    group: 'limits',
    valueName: '<duration>',
  }),
});

/** What is sent to whom, and how results leave: the same for `bench` and `replay`. */
const runFields = {
  url: setting(httpUrl().optional(), {
    summary: 'Endpoint to measure; without one, an embedded simulator is started and measured',
    group: 'target',
    char: 'u',
    valueName: '<url>',
  }),
  target: setting(
    list(text(/^[\w.-]+=https?:\/\//, 'expected NAME=URL, such as prod=https://example.com')).default([]),
    {
      summary: 'Named endpoint; several are measured side by side in one run',
      group: 'target',
      repeatable: true,
      valueName: '<name=url>',
    },
  ),
  model: setting(text().optional(), {
    summary: 'Model to ask for; by default the first one that the endpoint lists',
    group: 'target',
    char: 'm',
    valueName: '<id>',
  }),
  apiKey: setting(text().optional(), {
    summary: 'Key sent as "Authorization: Bearer …"; better given as a variable than on the command line',
    group: 'target',
    valueName: '<key>',
    secret: true,
  }),
  apiKeyEnv: setting(text().optional(), {
    summary: 'Name of the environment variable that holds the key',
    group: 'target',
    valueName: '<variable>',
  }),
  header: setting(list(text(/^[!#$%&'*+.^_`|~\w-]+:\s*\S/, 'expected "Name: value"')).default([]), {
    summary: 'Header to send with each request',
    group: 'target',
    char: 'H',
    repeatable: true,
    valueName: '<name: value>',
    secret: true,
  }),
  streaming: setting(toggle().default(true), {
    summary: 'Ask for a stream of tokens; without it there is no TTFT and no ITL',
    group: 'workload',
  }),
  ignoreEos: setting(autoToggle().default('auto'), {
    summary:
      'Ask the server for exactly the planned output length (min_tokens and ignore_eos, as vLLM and fakeai know them); auto does so for the embedded simulator only',
    group: 'workload',
    valueName: '<auto|true|false>',
  }),
  threads: setting(threads().default('auto'), {
    summary: 'Threads that generate load; auto is half of the cores',
    group: 'load',
    valueName: '<n>',
  }),
  maxInFlight: setting(integer(1, 1_000_000).default(10_000), {
    summary: 'Most requests in flight per target; further ones wait, which counts in response_time',
    group: 'load',
    valueName: '<n>',
  }),
  seed: setting(integer(0, 2 ** 32 - 1).default(0), {
    summary: 'Seed of arrivals, lengths and prompts; the same seed sends the same bytes',
    group: 'workload',
    valueName: '<n>',
  }),
  timeout: setting(duration('s').default(120_000), {
    summary: 'Longest time for one request, from sending to the last byte',
    group: 'load',
    valueName: '<duration>',
  }),
  grace: setting(duration('s').default(30_000), {
    summary: 'How long requests in flight may finish after the last one was sent',
    group: 'load',
    valueName: '<duration>',
  }),
  slo: setting(list(text()).default([]), {
    summary: "Gate such as 'ttft.p95 < 500ms'; a missed one ends the command with exit code 99",
    group: 'results',
    repeatable: true,
    valueName: '<expression>',
  }),
  output: outputField(),
  json: setting(toggle().default(false), {
    summary: 'Print the run file as one JSON document on stdout instead of the report',
    group: 'results',
  }),
  tui: setting(toggle().default(true), {
    summary: 'Draw the live screen when there is a terminal',
    group: 'results',
  }),
  quiet: setting(toggle().default(false), {
    summary: 'Print nothing while the run goes on',
    group: 'results',
    char: 'q',
  }),
};

/** `fakeai bench`. */
export const benchSchema = z.strictObject({
  ...runFields,
  concurrency: setting(integer(1, 1_000_000).optional(), {
    summary: 'Closed loop: keep this many requests in flight per target (default 8 unless --rate is given)',
    group: 'load',
    char: 'c',
    valueName: '<n>',
  }),
  rate: setting(positive().optional(), {
    summary: 'Open loop: requests per second per target, whatever the answers do',
    group: 'load',
    char: 'r',
    valueName: '<per second>',
  }),
  arrivals: setting(choice(['constant', 'poisson', 'gamma']).default('poisson'), {
    summary:
      'Gaps between requests with --rate or --stages: all equal, exponential as independent users make them, or gamma (see --burstiness)',
    group: 'load',
  }),
  burstiness: setting(positive().optional(), {
    summary:
      'Shape of the gamma distribution of gaps: 1 is Poisson, below it comes in bursts, above it is steadier (default 1)',
    group: 'load',
    valueName: '<shape>',
  }),
  stages: setting(text().optional(), {
    summary:
      "Load over time, with ramps: rates '30s@10rps,1m@10->50rps' or requests in flight '30s@8c,1m@8->32c'; ends after the last stage",
    group: 'load',
    valueName: '<stages>',
  }),
  burst: setting(integer(1, 1_000_000).optional(), {
    summary:
      'Send this many requests at once: again and again with --rate, which stays the mean, else a single time',
    group: 'load',
    valueName: '<n>',
  }),
  requests: setting(integer(1, 1_000_000_000).optional(), {
    summary: 'Stop after this many measured requests per target',
    group: 'load',
    char: 'n',
    valueName: '<n>',
  }),
  duration: setting(duration('s').optional(), {
    summary: 'Stop sending after this time (default 10s unless --requests is given)',
    group: 'load',
    char: 'd',
    valueName: '<duration>',
  }),
  cancelShare: setting(share().optional(), {
    summary: 'Give up this share of requests, 0 to 1, after --cancel-after; they are counted apart',
    group: 'load',
    valueName: '<share>',
  }),
  cancelAfter: setting(duration('ms').default(500), {
    summary: 'Time from sending to giving up, with --cancel-share',
    group: 'load',
    valueName: '<duration>',
  }),
  warmup: setting(duration('s').default(0), {
    summary: 'Send load for this long before measuring',
    group: 'load',
    valueName: '<duration>',
  }),
  inputTokens: setting(tokenLength().default('550'), {
    summary:
      'Prompt length: a number, uniform(a,b), normal(mean,sd), lognormal(median,sigma), or file:PATH (one per line)',
    group: 'workload',
    valueName: '<length>',
  }),
  outputTokens: setting(tokenLength().default('128'), {
    summary: 'Longest answer (max_tokens): a number or a distribution, as --input-tokens',
    group: 'workload',
    valueName: '<length>',
  }),
  lengths: setting(text().optional(), {
    summary: 'File with pairs of input and output lengths (CSV or JSON); both of a request come from one row',
    group: 'workload',
    valueName: '<path>',
  }),
  dataset: setting(text().optional(), {
    summary: 'File with prompts or conversations to send instead of generated prompts',
    group: 'workload',
    valueName: '<path>',
  }),
  datasetFormat: setting(
    choice(['auto', 'sharegpt', 'chat', 'openai-batch', 'single-turn', 'multi-turn', 'inputs']).default(
      'auto',
    ),
    { summary: 'Format of the dataset; auto looks at its first object', group: 'workload' },
  ),
  datasetTurns: setting(choice(['first', 'all']).default('all'), {
    summary:
      'What is sent of a conversation: all turns, each after the answer to the one before, or the first',
    group: 'workload',
  }),
  datasetOrder: setting(choice(['sequential', 'shuffled', 'random']).default('sequential'), {
    summary: 'Order of the rows: as in the file, every row once in a random order, or drawn with replacement',
    group: 'workload',
  }),
  datasetLimit: setting(integer(1).optional(), {
    summary: 'Use only the first rows of the dataset',
    group: 'workload',
    valueName: '<rows>',
  }),
  systemTokens: setting(integer(1, 10_000_000).optional(), {
    summary: 'Tokens of a system message that all requests share, on top of --input-tokens',
    group: 'workload',
    valueName: '<n>',
  }),
  prefixPool: setting(text(/^\s*\d+\s*,\s*\d+\s*$/, 'expected COUNT,TOKENS, such as 10,1000').optional(), {
    summary: 'Prompts begin with one of COUNT texts of TOKENS tokens, on top of --input-tokens',
    group: 'workload',
    valueName: '<count,tokens>',
  }),
  prefixHitRatio: setting(share().default(1), {
    summary:
      'Share of requests whose beginning is from --prefix-pool; the others begin with one of their own',
    group: 'workload',
    valueName: '<share>',
  }),
  cacheBust: setting(choice(['none', 'start', 'end']).default('none'), {
    summary: 'Add 8 tokens that are different in each request, before or after everything else',
    group: 'workload',
  }),
  images: setting(integer(1, 64).optional(), {
    summary: 'Images (generated PNG) in each request, on top of --input-tokens',
    group: 'workload',
    valueName: '<n>',
  }),
  imageSize: setting(
    text(/^[1-9]\d{0,3}x[1-9]\d{0,3}$/, 'expected WIDTHxHEIGHT, such as 512x512').default('512x512'),
    {
      summary: 'Size of --images in pixels; each has about one byte per pixel',
      group: 'workload',
      valueName: '<width>x<height>',
    },
  ),
  audio: setting(integer(1, 16).optional(), {
    summary: 'Sounds (generated WAV, 16 kHz) in each request, on top of --input-tokens',
    group: 'workload',
    valueName: '<n>',
  }),
  audioSeconds: setting(duration('s').default(5000), {
    summary: 'Length of each --audio',
    group: 'workload',
    valueName: '<duration>',
  }),
  turns: setting(tokenLength().optional(), {
    summary:
      'Requests of each session: a number or a distribution, as --input-tokens; each repeats what was said so far and adds a prompt',
    group: 'workload',
    valueName: '<count>',
  }),
  turnDelay: setting(text().default('0'), {
    summary:
      'Time from an answer to the next of --turns: a duration (bare: milliseconds) or a distribution such as normal(2s,500ms)',
    group: 'workload',
    valueName: '<duration>',
  }),
  promptPool: setting(integer(1, 1_000_000_000).optional(), {
    summary: 'Send only this many different prompts, drawn at random',
    group: 'workload',
    valueName: '<n>',
  }),
});

/** `fakeai replay`. */
export const replaySchema = z.strictObject({
  ...runFields,
  format: setting(choice(['auto', 'mooncake', 'bailian', 'azure', 'burstgpt', 'recorded']).default('auto'), {
    summary: 'Format of the trace; auto looks at its first line',
    group: 'trace',
  }),
  speed: setting(positive().default(1), {
    summary: 'Play the trace this many times faster',
    group: 'trace',
    valueName: '<factor>',
  }),
  limit: setting(integer(1).optional(), {
    summary: 'Play only the first rows',
    group: 'trace',
    char: 'n',
    valueName: '<rows>',
  }),
  from: setting(duration('s').optional(), {
    summary: 'Play the trace from this time after its first row on',
    group: 'trace',
    valueName: '<duration>',
  }),
  to: setting(duration('s').optional(), {
    summary: 'Play the trace up to this time after its first row',
    group: 'trace',
    valueName: '<duration>',
  }),
  minInputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a shorter prompt',
    group: 'trace',
    valueName: '<n>',
  }),
  maxInputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a longer prompt',
    group: 'trace',
    valueName: '<n>',
  }),
  minOutputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a shorter answer',
    group: 'trace',
    valueName: '<n>',
  }),
  maxOutputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a longer answer',
    group: 'trace',
    valueName: '<n>',
  }),
  dequantize: setting(duration('s').optional(), {
    summary: 'Spread instants that were recorded in whole steps of this length evenly over the step',
    group: 'trace',
    valueName: '<duration>',
  }),
});

/** `fakeai simulate`. */
export const simulateSchema = z.strictObject(simulateFields(benchSchema.shape, replaySchema.shape));

/** The whole configuration file. */
export const configSchema = z.strictObject({
  server: serverSchema.prefault({}),
  bench: benchSchema.prefault({}),
  replay: replaySchema.prefault({}),
  simulate: simulateSchema.prefault({}),
  report: reportSchema.prefault({}),
  compare: compareSchema.prefault({}),
  merge: mergeSchema.prefault({}),
});

export type ServerSettings = z.output<typeof serverSchema>;
export type BenchSettings = z.output<typeof benchSchema>;
export type ReplaySettings = z.output<typeof replaySchema>;
export type SimulateSettings = z.output<typeof simulateSchema>;
export type ReportSettings = z.output<typeof reportSchema>;
export type CompareSettings = z.output<typeof compareSchema>;
export type MergeSettings = z.output<typeof mergeSchema>;
export type SectionName = keyof typeof configSchema.shape;

/** The command of a section, as typed after `fakeai`. */
export const commandOf = (section: SectionName): string =>
  section === 'compare' || section === 'merge' ? `report ${section}` : section;

/** Keys of `server` that the embedded simulator of `bench` and `replay` takes as flags of its own. */
export const EMBEDDED_SERVER_KEYS = ['latency', 'ttft', 'itl', 'jitter'] as const;
