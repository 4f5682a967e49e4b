/**
 * Profiles that come with fakeai. What was measured was computed from public snapshots of 2023 and 2024: it shows the shape of
 * such distributions, which lasts, rather than today's levels, which do not. What neither set has (long prompts, load, gaps
 * within a stream) is computed with the simulated engine or assumed; `origins` says which.
 */
import { closest } from 'fastest-levenshtein';
import { FakeaiError } from '../../lib/errors.js';
import type { LatencyProfile, LoadCurve, ParetoTail } from './profile.js';

const FASTEST = 'thefastest.ai snapshots, April and May 2024, three regions, answers of 20 tokens';
const LLMPERF = 'llmperf-leaderboard raw data, December 2023, answers of 150 tokens, 5 requests in flight';

/** What some dozens of samples cannot show. */
const ASSUMED_TAIL: ParetoTail = { share: 0.01, alpha: 1.5 };

/** `fakeai simulate`, Poisson arrivals, 550 prompt and 150 answer tokens: mean times relative to one request in flight. */
interface Size {
  readonly model: string;
  readonly load: LoadCurve;
  readonly ttftPerTokenMs: number;
  readonly itlPerTokenMs: number;
}
const LARGE: Size = {
  model: 'Llama-3.3-70B on 4 H100',
  load: {
    inFlight: [1, 12, 29, 58, 122],
    ttft: [1, 1.31, 1.56, 2.02, 2.98],
    itl: [1, 1.16, 1.41, 1.86, 2.94],
  },
  ttftPerTokenMs: 0.075,
  itlPerTokenMs: 2.7e-5,
};
const SMALL: Size = {
  model: 'Llama-3.1-8B on one H100',
  load: { inFlight: [1, 5, 13, 24, 32], ttft: [1, 1.29, 1.41, 1.53, 1.65], itl: [1, 1.05, 1.16, 1.31, 1.43] },
  ttftPerTokenMs: 0.03,
  itlPerTokenMs: 4.3e-5,
};

/**
 * Gaps of one stream relative to their mean. The step that computes somebody's prompt takes 2.7 times as long in the simulated
 * engine, at 2 requests per second about one gap in a hundred; the rest is an assumed 10 % of jitter on the way.
 */
const GAPS = { at: [0.05, 0.5, 0.95, 0.99], shares: [0.9, 1, 1.12, 2.7], mean: 1.058 } as const;

interface Measured {
  readonly source: string;
  readonly samples: number;
  readonly at: readonly number[];
  readonly ttftMs: readonly number[];
  /** Median over answers of the mean time between tokens. */
  readonly itlMs: number;
  /** Of the logarithm of that time, from its quartiles. */
  readonly streamSigma: number;
  readonly promptTokens: number;
  readonly concurrency: number;
  readonly tokensPerChunk?: number;
  readonly tail?: ParetoTail;
}

function profile(name: string, size: Size, measured: Measured): LatencyProfile {
  const { at, ttftMs, itlMs, streamSigma, promptTokens, concurrency, samples } = measured;
  const { tokensPerChunk = 1, tail = ASSUMED_TAIL, source } = measured;
  const computed = `computed by the simulated engine, ${size.model}`;
  return {
    format: 'fakeai-profile-1',
    name,
    source: `${source}, ${samples} samples`,
    origins: {
      ttft: 'measured',
      itl: `measured per answer; within one ${computed}, and 10 % jitter assumed`,
      tail: 'assumed',
      promptLength: computed,
      load: computed,
    },
    promptTokens,
    concurrency,
    ttft: { at, ms: ttftMs, tail, perPromptTokenMs: size.ttftPerTokenMs },
    itl: {
      at: GAPS.at,
      ms: GAPS.shares.map((share) => Number(((share * itlMs) / GAPS.mean).toPrecision(5))),
      perPromptTokenMs: size.itlPerTokenMs,
      streamSigma,
      tokensPerChunk,
    },
    load: size.load,
  };
}

const snapshot = (
  name: string,
  size: Size,
  samples: number,
  ttftMs: readonly [p5: number, p50: number, p95: number],
  itlMs: number,
  streamSigma: number,
  tokensPerChunk = 1,
): LatencyProfile =>
  profile(name, size, {
    source: FASTEST,
    samples,
    at: [0.05, 0.5, 0.95],
    ttftMs,
    itlMs,
    streamSigma,
    promptTokens: 20,
    concurrency: 1,
    tokensPerChunk,
  });

const llama70b = (
  provider: string,
  samples: number,
  ttftMs: readonly [p5: number, p25: number, p50: number, p75: number, p95: number],
  itlMs: number,
  streamSigma: number,
  tail = ASSUMED_TAIL,
): LatencyProfile =>
  profile(`${provider}-llama-2-70b`, LARGE, {
    source: LLMPERF,
    samples,
    at: [0.05, 0.25, 0.5, 0.75, 0.95],
    ttftMs,
    itlMs,
    streamSigma,
    promptTokens: 550,
    concurrency: 5,
    tail,
  });

/** All of them. */
export const PROFILES: readonly LatencyProfile[] = [
  snapshot('openai-gpt-4-turbo', LARGE, 95, [425, 581, 1028], 32.6, 0.32),
  snapshot('openai-gpt-3.5-turbo', SMALL, 95, [286, 462, 1047], 14.6, 0.41),
  snapshot('anthropic-claude-3-opus', LARGE, 95, [856, 1147, 1462], 24.7, 0.3),
  snapshot('anthropic-claude-3-sonnet', LARGE, 95, [498, 684, 1335], 12.1, 0.23),
  snapshot('anthropic-claude-3-haiku', SMALL, 95, [270, 359, 1107], 8, 0.46),
  // Whole answers of 20 tokens came in one or two pieces.
  snapshot('google-gemini-pro', LARGE, 68, [879, 1033, 1556], 2.1, 0.26, 16),
  snapshot('cohere-command-r', SMALL, 95, [114, 181, 756], 10.9, 0.14),
  snapshot('fireworks-llama-3-70b', LARGE, 54, [160, 241, 960], 5.4, 0.45),
  llama70b('anyscale', 150, [183, 193, 213, 297, 362], 13.8, 0.2),
  llama70b('bedrock', 101, [312, 374, 388, 415, 542], 43.9, 0.02),
  llama70b('fireworks', 150, [347, 391, 517, 562, 787], 21.6, 0.07),
  llama70b('groq', 150, [175, 186, 222, 241, 304], 3.7, 0.11),
  llama70b('perplexity', 148, [312, 342, 366, 517, 634], 30.5, 0.06),
  llama70b('together', 150, [504, 546, 635, 674, 770], 11.5, 0.09),
  llama70b('lepton', 20, [720, 817, 925, 962, 1012], 24.1, 0.04),
  // Cold starts; the longest one took 72 s.
  llama70b('replicate', 145, [1002, 1027, 1188, 1699, 24_228], 85.6, 0.04, {
    share: 0.05,
    alpha: 1.5,
    mostMs: 72_000,
  }),
];

/** Of a model that is not named otherwise: the first pattern that its id matches. */
const BY_MODEL: readonly (readonly [RegExp, string])[] = [
  [/opus/i, 'anthropic-claude-3-opus'],
  [/haiku/i, 'anthropic-claude-3-haiku'],
  [/claude/i, 'anthropic-claude-3-sonnet'],
  [/gemini/i, 'google-gemini-pro'],
  [/command/i, 'cohere-command-r'],
  [/gpt-3\.5|mini|nano/i, 'openai-gpt-3.5-turbo'],
  [/gpt-oss/i, 'fireworks-llama-3-70b'],
  [/gpt|^o\d/i, 'openai-gpt-4-turbo'],
];

/** The profile of the kind of service that a vendor offers the model with; for open weights one of a fast host. */
export const profileForModel = (model: string): LatencyProfile => {
  const name = BY_MODEL.find(([pattern]) => pattern.test(model))?.[1] ?? 'fireworks-llama-3-70b';
  return PROFILES.find((known) => known.name === name)!;
};

/**
 * A profile by its name.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for an unknown one
 */
export function profileByName(name: string): LatencyProfile {
  const found = PROFILES.find((known) => known.name === name);
  if (found) return found;
  const names = PROFILES.map((known) => known.name);
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: 'profile',
    problem: `"${name}" is neither a file (a path with a slash, or ending in .json) nor a profile that comes with fakeai`,
    hint: `Did you mean ${closest(name, names)}? Known: ${names.join(', ')}.`,
  });
}
