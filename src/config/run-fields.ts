/** What is sent to whom, and how results leave: the same for `bench` and `replay`. */
import { endpointFields } from './endpoint-fields.js';
import {
  autoToggle,
  duration,
  httpUrl,
  integer,
  list,
  positive,
  positiveDuration,
  setting,
  text,
  threads,
  toggle,
} from './fields.js';
import { outputField } from './report-schema.js';

export const runFields = {
  ...endpointFields,
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
  onPort: setting(integer(1, 65_535).optional(), {
    summary:
      'Start the server command that stands after "--", wait until it answers on this port of 127.0.0.1, measure it, and stop it',
    group: 'target',
    valueName: '<port>',
  }),
  readyTimeout: setting(duration('s').default(300_000), {
    summary: 'How long the server of --on-port may take until it answers',
    group: 'target',
    valueName: '<duration>',
  }),
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
  ca: setting(text().optional(), {
    summary:
      'File with the certificates (PEM) that an https endpoint is trusted by, in place of the usual ones',
    group: 'target',
    valueName: '<path>',
  }),
  insecure: setting(toggle().default(false), {
    summary: 'Accept any certificate of an https endpoint',
    group: 'target',
  }),
  http2: setting(toggle().default(false), {
    summary:
      'Speak HTTP/2 with https endpoints that know it; each request in flight still has a connection of its own',
    group: 'target',
  }),
  proxy: setting(
    text(
      /^\s*(none|env|https?:\/\/\S+)\s*$/i,
      'expected a URL such as http://proxy:3128, env, or none',
    ).default('none'),
    {
      summary:
        'Proxy that requests go through: its URL, env (what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say), or none',
      group: 'target',
      valueName: '<url|env|none>',
      secret: true,
    },
  ),
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
  tokenizer: setting(text().default('auto'), {
    summary:
      'How tokens are counted: o200k_base, cl100k_base or the path of a tokenizer.json count prompts and answers, and are compared with usage; auto counts answers without usage with o200k_base, none leaves them to their chunks',
    group: 'workload',
    valueName: '<tokenizer>',
  }),
  threads: setting(threads().default('auto'), {
    summary: 'Threads that generate load; auto is half of the cores',
    group: 'load',
    valueName: '<n>',
  }),
  shard: setting(text(/^\s*\d+\s*\/\s*\d+\s*$/, 'expected K/N, such as 1/4').optional(), {
    summary: 'Send only part K of N of the load (1/4 to 4/4); report merge makes one run of the parts',
    group: 'load',
    valueName: '<k/n>',
  }),
  startAt: setting(text().optional(), {
    summary: 'Start at this instant rather than at once: ISO 8601 with its zone, or seconds since 1970',
    group: 'load',
    valueName: '<instant>',
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
  timeout: setting(positiveDuration('s').default(120_000), {
    summary: 'Longest time for one request, from sending to the last byte',
    group: 'load',
    valueName: '<duration>',
  }),
  probe: setting(positive().optional(), {
    summary:
      'Send so many small requests per second beside the load (32 tokens, 16 back), on a thread of their own, and report them apart: what the load does to a light user',
    group: 'load',
    valueName: '<per second>',
  }),
  retries: setting(integer(0, 20).default(0), {
    summary:
      'Try a failed request again so many times (connection failures, 429 and 5xx), as SDKs do; total_time is over all attempts',
    group: 'load',
    valueName: '<n>',
  }),
  retryBackoff: setting(duration('ms').default(500), {
    summary:
      'Pause before the second attempt, doubled with each further one up to 8s; retry-after of the answer goes first',
    group: 'load',
    valueName: '<duration>',
  }),
  grace: setting(duration('s').default(30_000), {
    summary:
      'How long requests in flight may finish after the last one was sent; a closed loop that ends by --requests waits for all of them, each up to --timeout',
    group: 'load',
    valueName: '<duration>',
  }),
  slo: setting(list(text()).default([]), {
    summary: "Gate such as 'ttft.p95 < 500ms'; a missed one ends the command with exit code 99",
    group: 'results',
    repeatable: true,
    valueName: '<expression>',
  }),
  abort: setting(list(text()).default([]), {
    summary:
      "Rule such as 'error_rate > 50%' that ends the run as soon as it holds, with exit code 99; on in_flight, error_rate, request_rate, output_token_rate, and statistics of ttft, itl, e2e, ttfb, response_time and lateness",
    group: 'results',
    repeatable: true,
    valueName: '<expression>',
  }),
  clientFloor: setting(toggle().default(false), {
    summary:
      'Afterwards, send the same load (30 s of it) to a simulator that answers at once, to tell how much of the figures is the client itself',
    group: 'results',
  }),
  serverMetrics: setting(list(httpUrl()).default([]), {
    summary:
      'Prometheus page of a server (vLLM, DCGM, any) to read while the run goes on; kept in the run file',
    group: 'results',
    repeatable: true,
    valueName: '<url>',
  }),
  serverMetricsInterval: setting(duration('s').default(1000), {
    summary: 'How often --server-metrics are read',
    group: 'results',
    valueName: '<duration>',
  }),
  serverMetricsSelect: setting(
    list(text(/^[a-zA-Z_:][\w:]*\*?$/, 'expected the name of a metric, or its beginning and *')).default([
      'vllm:*',
      'DCGM_*',
      'fakeai_*',
      'sglang:*',
      'dynamo_*',
    ]),
    {
      summary: 'Metrics of --server-metrics to keep: names, or beginnings such as vllm:*',
      group: 'results',
      repeatable: true,
      valueName: '<name>',
    },
  ),
  goodput: setting(text().optional(), {
    summary:
      "What makes a request a good one, such as 'ttft < 300ms and tpot < 40ms', for the goodput; by default the limits of the --slo gates on latencies",
    group: 'results',
    valueName: '<conditions>',
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
