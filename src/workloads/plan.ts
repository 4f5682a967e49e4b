/**
 * The plan of a run: a pure value. Request i — its instant, its body — is a function of (plan, i) alone, so a plan
 * splits into exact shards without a coordinator, for the threads of a machine and for the machines of a fleet alike.
 */

import type { EndpointKind } from '../lib/endpoint-kinds.js';
import type { TokenizerChoice } from '../lib/tokens/text-tokenizer.js';

/** One endpoint under measurement. Each target gets the whole workload, as its own lane. */
export interface Target {
  name: string;
  /** Base URL as given: with or without `/v1`. */
  url: string;
  /** URL of the proxy that requests to it go through. */
  proxy?: string | undefined;
}

/** When requests are sent. */
export type Arrivals =
  /**
   * A number in flight; a request has no intended instant. With `stages` the number changes with time (see
   * `concurrencyAt`), and `concurrency` is its maximum.
   */
  | { kind: 'closed'; concurrency: number; stages?: Stage[] }
  /** Open loop at a rate, per target. Requests come `burst` at once (default 1), as often as the rate then needs. */
  | { kind: 'constant' | 'poisson'; ratePerSecond: number; burst?: number }
  /** Open loop with gaps of a gamma distribution; `burstiness` is its shape: the gaps' variation is 1/√burstiness. */
  | { kind: 'gamma'; ratePerSecond: number; burstiness: number; burst?: number }
  /** Open loop at a rate that changes with time; the gaps relative to the rate are those of `gaps`. */
  | { kind: 'stages'; stages: Stage[]; gaps: 'constant' | 'poisson' | 'gamma'; burstiness?: number }
  /** So many requests at the start of the run, all at once, and no more. */
  | { kind: 'burst'; requests: number }
  /**
   * Users, each of whom waits for an answer before the next request: user u sends the requests u, u + users,
   * u + 2·users … (of sessions, plays them). Between an answer and the next request a user thinks for a time of the
   * distribution, milliseconds; with `ratePerSecond`, of all users together, a user's requests are due `users / rate`
   * seconds apart instead, and late where the answer before took longer.
   */
  | { kind: 'users'; users: number; thinkMs: LengthDistribution }
  | { kind: 'users'; users: number; ratePerSecond: number }
  /** Each row of the trace at its own instant, divided by `speed`. */
  | { kind: 'trace'; speed: number };

/** A time during which the load stays the same or changes in a straight line: requests per second, or in flight. */
export interface Stage {
  durationMs: number;
  from: number;
  to: number;
}

/** When sending stops; the first that holds. At least one is set, except for traces, which end by themselves. */
export interface StopRule {
  /** Measured requests per target. */
  requests?: number;
  /** Milliseconds of measured sending. */
  durationMs?: number;
}

/** A length distribution, in tokens. Samples are rounded and never below 1. */
export type LengthDistribution =
  | { kind: 'fixed'; value: number }
  | { kind: 'uniform'; min: number; max: number }
  | { kind: 'normal'; mean: number; standardDeviation: number }
  | { kind: 'lognormal'; median: number; sigma: number }
  /** One of the values, each equally likely. `paired`: input and output lengths come from the same row. */
  | { kind: 'empirical'; path: string; values: Uint32Array; paired?: boolean };

/** Conversations: after each answer but the last one the user says something more. */
export interface SessionShape {
  /** How many requests a session has; 1 or more. */
  turns: LengthDistribution;
  /** Time between an answer and the next turn, milliseconds. */
  delayMs: LengthDistribution;
}

/** Generated images and sound beside the text of each request (in sessions, of the first turn). */
export interface Media {
  images: number;
  /** Pixels. */
  imageWidth: number;
  imageHeight: number;
  audio: number;
  audioSeconds: number;
}

export type DatasetFormat = 'sharegpt' | 'chat' | 'openai-batch' | 'single-turn' | 'multi-turn' | 'inputs';

/** Prompts from a file, as columns. Row r owns the turns `[turnStart[r], turnStart[r + 1])`. */
export interface Dataset {
  /** For the run file; never read again. */
  source: { path: string; format: DatasetFormat };
  /** What the texts of turns are: messages of a chat, or members of a whole body (of rows with a single turn). */
  holds: 'messages' | 'bodies';
  /** JSON in UTF-8 of all turns, end to end; turn t owns `[textStart[t], textStart[t + 1])`. */
  text: Uint8Array;
  textStart: Float64Array;
  turnStart: Uint32Array;
  /** Tokens of each turn's own texts. */
  inputTokens: Uint32Array;
  /** Tokens of the answer that the file has or asks for; 0 if it says nothing. */
  outputTokens: Uint32Array;
  /** Time between the answer before and the turn, milliseconds. */
  delayMs: Float64Array;
}

/** What prompts share with each other. All tokens here come on top of the input length. */
export interface PromptShape {
  /** Tokens of a system message that is the same in all requests. */
  systemTokens?: number;
  /**
   * The prompt begins with one of `prefixes` texts of `tokens` tokens, for a share `hitRatio` of requests; the others
   * begin with a text of the same length that is theirs alone.
   */
  prefixPool?: { prefixes: number; tokens: number; hitRatio: number };
  /** A few tokens that differ from request to request, before or after everything else. */
  cacheBust?: 'start' | 'end';
  /** There are only so many different prompts; each request draws one. */
  pool?: number;
}

/** What is sent. */
export type Workload =
  | {
      kind: 'synthetic';
      inputTokens: LengthDistribution;
      outputTokens: LengthDistribution;
      shape?: PromptShape;
      session?: SessionShape;
      media?: Media;
    }
  | {
      kind: 'dataset';
      dataset: Dataset;
      order: 'sequential' | 'shuffled' | 'random';
      /** For rows that do not say how long their answer is. */
      outputTokens: LengthDistribution;
      /** Whether rows of several turns are sent as sessions, rather than their first turn alone. */
      sessions: boolean;
    }
  | { kind: 'trace'; trace: Trace };

/** Where a trace came from, and how it was changed since. */
export interface TraceSource {
  path: string;
  format: 'mooncake' | 'azure' | 'burstgpt' | 'bailian' | 'recorded';
  /** The part of the file that is played, milliseconds since its first row. */
  fromMs?: number;
  toMs?: number;
  /** Rows outside of these bounds were left out. */
  inputTokens?: { min?: number; max?: number };
  outputTokens?: { min?: number; max?: number };
  /** Instants were multiples of this step, and have been spread evenly over it. */
  dequantizedMs?: number;
}

/** A recorded workload, as columns; row i is request i. */
export interface Trace {
  /** For the run file; never read again. */
  source: TraceSource;
  /** Milliseconds since the first row, not decreasing. */
  instantMs: Float64Array;
  inputTokens: Uint32Array;
  outputTokens: Uint32Array;
  /** Prefix-block hashes of all rows, end to end; row i owns `[hashStart[i], hashStart[i + 1])`. Empty without hashes. */
  hashIds: Uint32Array;
  hashStart: Uint32Array;
  /** Tokens that one hash stands for: 512 in Mooncake's traces, 16 in Bailian's. */
  hashBlockTokens: number;
}

/** Who sends: drawn for each request, of sessions for all turns together. */
export interface Senders {
  /** Tenants, all as likely; their requests share no cached blocks with each other. */
  tenants?: number | undefined;
  /** Lower goes first; weights are relative to each other. */
  priorities?: { priority: number; weight: number }[] | undefined;
}

/** Some requests are given up by the client before their answer is complete. */
export interface Cancellation {
  /** Of all requests, 0 to 1; which ones depends on the seed. */
  share: number;
  /** From sending to giving up, milliseconds. */
  afterMs: number;
}

/** What a single request has to keep to count as goodput. */
export interface RequestCondition {
  /** A metric with one value per request. */
  metric:
    | 'response_time'
    | 'e2e'
    | 'ttfb'
    | 'ttfe'
    | 'ttft'
    | 'ttfo'
    | 'ttst'
    | 'stall_max'
    | 'tpot'
    | 'ttfa'
    | 'audio_stall'
    | 'rtf'
    | 'output_rate_per_user';
  operator: '<' | '<=' | '>' | '>=';
  /** In the metric's unit. */
  limit: number;
}

/** Small requests beside the load, which are measured apart from it. */
export interface ProbePlan {
  /** Per target; Poisson. */
  ratePerSecond: number;
  inputTokens: number;
  outputTokens: number;
}

/** What some endpoints need to know. */
export interface EndpointOptions {
  /** Texts of a request for embeddings or moderation, documents to rank, images to generate; 1 by default. */
  items?: number;
  rerankShape?: 'cohere' | 'nim';
  /** Of generated images, as `WIDTHxHEIGHT`. */
  imageSize?: string;
  /** Of the sound that is transcribed or translated. */
  audioSeconds?: number;
  /** Whether speech is asked for as events. */
  speechEvents?: boolean;
  raw?: RawEndpoint;
  /** Members of JSON that are put into every body, without the braces. */
  extra?: string;
}

/** An API that nobody here knows: paths such as `choices[0].text` into its answers, or into the events of its streams. */
export interface RawEndpoint {
  /** Of the body; see bodies/raw.ts. */
  template: string;
  text?: string;
  inputTokens?: string;
  outputTokens?: string;
}

/** Failed requests are tried again. */
export interface Retries {
  /** Further attempts of one request. */
  most: number;
  /** Pause before the second attempt, milliseconds; it doubles with each further one. */
  backoffMs: number;
}

/** Everything that determines a run. Plain data: it crosses to threads by structured clone. */
export interface Plan {
  targets: Target[];
  endpoint: EndpointKind;
  endpointOptions?: EndpointOptions | undefined;
  /** Asked for in each request. */
  model: string;
  streaming: boolean;
  /** Send `min_tokens` and `ignore_eos`, so that answers have exactly the planned length. */
  ignoreEos: boolean;
  arrivals: Arrivals;
  workload: Workload;
  stop: StopRule;
  /** Load is sent for this long before measuring starts, milliseconds. */
  warmupMs: number;
  maxInFlight: number;
  /** One request, from sending to the last byte, milliseconds. */
  timeoutMs: number;
  cancel?: Cancellation | undefined;
  senders?: Senders | undefined;
  retries?: Retries | undefined;
  probe?: ProbePlan | undefined;
  /**
   * Counts the tokens of answers: of those without usage, or of all, to be compared with usage; a chosen one also
   * decides how long prompts are. Absent: chunks stand for tokens where there is no usage.
   */
  tokenizer?: { choice: TokenizerChoice; counts: 'if-needed' | 'always' } | undefined;
  /** All of these make a completed request a good one; absent: nobody asks. */
  goodput?: RequestCondition[] | undefined;
  /** How long requests in flight may finish after the last was sent, milliseconds. */
  graceMs: number;
  seed: number;
}

/**
 * Part `index` of `count`: this shard sends the requests i with i ≡ index (mod count); of plans with users, those of the
 * users u ≡ index (mod count).
 */
export interface Shard {
  index: number;
  count: number;
}

/**
 * One shard's part of a total that is dealt out one by one: the first shards get the remainder.
 *
 * @param total - a whole number
 * @param shard - whose part
 */
export const shareOf = (total: number, shard: Shard): number =>
  Math.floor(total / shard.count) + (shard.index < total % shard.count ? 1 : 0);
