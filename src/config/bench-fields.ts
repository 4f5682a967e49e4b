/** What `bench` has beside the fields of every run: how requests arrive, when sending stops, what they say. */
import {
  choice,
  duration,
  integer,
  positive,
  positiveDuration,
  setting,
  share,
  text,
  tokenLength,
} from './fields.js';

export const benchFields = {
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
  duration: setting(positiveDuration('s').optional(), {
    summary: 'Stop sending after this time (default 10s unless --requests is given)',
    group: 'load',
    char: 'd',
    valueName: '<duration>',
  }),
  users: setting(integer(1, 1_000_000).optional(), {
    summary:
      'Users per target, each of whom waits for an answer before asking again: after --think-time, or on a schedule that makes --rate of them all',
    group: 'load',
    valueName: '<n>',
  }),
  thinkTime: setting(text().default('0'), {
    summary:
      'Time from an answer to the next request of one of --users: a duration (bare: milliseconds) or a distribution such as lognormal(5s,0.8)',
    group: 'load',
    valueName: '<duration>',
  }),
  sweep: setting(text().optional(), {
    summary:
      "One load after another in one run: 'rate=1,2,4,8', 'concurrency=1,8,64', or auto (one at a time, then as much as goes through, then rates between)",
    group: 'load',
    valueName: '<loads>',
  }),
  sweepPoints: setting(integer(3, 200).default(10), {
    summary: 'Loads of --sweep auto',
    group: 'load',
    valueName: '<n>',
  }),
  search: setting(text().optional(), {
    summary:
      "Find the highest load that meets gates: 'max rate where ttft.p95 < 300ms and error_rate < 1%', or 'max concurrency where …'; --rate or --concurrency is where to begin (default 1)",
    group: 'load',
    valueName: '<expression>',
  }),
  searchPrecision: setting(share().default(0.05), {
    summary: 'Distance from the answer of --search to the next load that does not pass, as a share of that',
    group: 'load',
    valueName: '<share>',
  }),
  tenants: setting(integer(1, 1_000_000).optional(), {
    summary:
      'Tenants that requests (or sessions) come from, each as often: named as user and as cache_salt (vLLM), which keeps their caches apart',
    group: 'workload',
    valueName: '<n>',
  }),
  priorities: setting(text().optional(), {
    summary:
      "Priorities of requests (or sessions) and how often each comes, as PRIORITY=WEIGHT: '0=9,-1=1'; lower goes first (vLLM)",
    group: 'workload',
    valueName: '<weights>',
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
};
