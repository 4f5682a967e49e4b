/** From the stamps and counts of one completed request to its value of each metric: the definitions, as arithmetic. */
import type { DistributionName } from '../results/metrics.js';

/** A completed request. Instants are of one monotonic clock, milliseconds; NaN where there is no value. */
export interface CompletedRequest {
  /** NaN in closed loops. */
  intendedMs: number;
  sentMs: number;
  /** Of its first attempt; NaN where there is only one. */
  firstSentMs: number;
  firstByteMs: number;
  /** Of a stream. */
  firstEventMs: number;
  /** Of sound; NaN where none was answered. */
  firstSoundMs: number;
  soundStallMs: number;
  /** How long the sound plays that was answered, or sent; NaN where nobody knows. */
  soundSeconds: number;
  /** Of the chunks of a stream. */
  firstTextMs: number;
  secondTextMs: number;
  lastTextMs: number;
  firstAnswerMs: number;
  longestGapMs: number;
  endMs: number;
  chunks: number;
  inputTokens: number;
  outputTokens: number;
  /** NaN where the server did not report them. */
  reasoningTokens: number;
  cachedTokens: number;
  /** Output tokens by a tokenizer that was asked for, beside those of usage. */
  tokenizedTokens: number;
}

type ValueOf = (request: CompletedRequest) => number;

const generationMs: ValueOf = (r) => r.lastTextMs - r.firstTextMs;
const tpot: ValueOf = (r) => (r.outputTokens > 1 ? generationMs(r) / (r.outputTokens - 1) : Number.NaN);

/** Metrics with one value per completed request. */
export const REQUEST_VALUES = {
  response_time: (r) => r.endMs - r.intendedMs,
  total_time: (r) => r.endMs - r.firstSentMs,
  e2e: (r) => r.endMs - r.sentMs,
  ttfb: (r) => r.firstByteMs - r.sentMs,
  ttfe: (r) => r.firstEventMs - r.sentMs,
  ttft: (r) => r.firstTextMs - r.sentMs,
  ttfo: (r) => r.firstAnswerMs - r.sentMs,
  ttst: (r) => r.secondTextMs - r.firstTextMs,
  stall_max: (r) => r.longestGapMs,
  tpot,
  output_rate_per_user: (r) => (generationMs(r) > 0 ? 1000 / tpot(r) : Number.NaN),
  ttfa: (r) => r.firstSoundMs - r.sentMs,
  audio_stall: (r) => r.soundStallMs,
  rtf: (r) => (r.soundSeconds > 0 ? (r.endMs - r.sentMs) / 1000 / r.soundSeconds : Number.NaN),
  input_tokens: (r) => r.inputTokens,
  output_tokens: (r) => r.outputTokens,
  reasoning_tokens: (r) => r.reasoningTokens,
  cached_tokens: (r) => r.cachedTokens,
  tokens_per_chunk: (r) => (r.chunks > 0 ? r.outputTokens / r.chunks : Number.NaN),
  token_mismatch: (r) =>
    r.outputTokens > 0 ? (Math.abs(r.tokenizedTokens - r.outputTokens) / r.outputTokens) * 100 : Number.NaN,
} as const satisfies Partial<Record<DistributionName, ValueOf>>;

export type RequestMetric = keyof typeof REQUEST_VALUES;
/** Those of answers in chunks. */
export const CHUNK_METRICS = (Object.keys(REQUEST_VALUES) as RequestMetric[]).filter(
  (name) => !['ttfa', 'audio_stall', 'rtf'].includes(name),
);
/** Those of answers that are not streams; the others have no value there, and asking for them costs time. */
export const WHOLE_METRICS = [
  'response_time',
  'total_time',
  'e2e',
  'ttfb',
  'ttfe',
  'input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cached_tokens',
  'token_mismatch',
] as const satisfies readonly RequestMetric[];

/** Those of sound; of answers with chunks as well, where the sound is in the request. */
export const SOUND_METRICS = ['ttfa', 'audio_stall', 'rtf'] as const satisfies readonly RequestMetric[];

/** A request without values, to be filled in again and again: making one per request would be the larger cost. */
export const emptyRequest = (): CompletedRequest => ({
  intendedMs: Number.NaN,
  sentMs: Number.NaN,
  firstSentMs: Number.NaN,
  firstByteMs: Number.NaN,
  firstEventMs: Number.NaN,
  firstSoundMs: Number.NaN,
  soundStallMs: Number.NaN,
  soundSeconds: Number.NaN,
  firstTextMs: Number.NaN,
  secondTextMs: Number.NaN,
  lastTextMs: Number.NaN,
  firstAnswerMs: Number.NaN,
  longestGapMs: Number.NaN,
  endMs: Number.NaN,
  chunks: 0,
  inputTokens: 0,
  outputTokens: Number.NaN,
  reasoningTokens: Number.NaN,
  cachedTokens: Number.NaN,
  tokenizedTokens: Number.NaN,
});
