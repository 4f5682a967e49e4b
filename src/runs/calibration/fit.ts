/** A profile from what was seen of single requests. */
import type {
  LatencyProfile,
  LoadLevel,
  ParetoTail,
  PromptDependence,
  Quantiles,
} from '../../simulator/profile/profile.js';
import { groupMedians, slopeOf } from './dependence.js';
import { groupLevels, type Members } from './levels.js';
import {
  ascending,
  gapQuantilesOf,
  median,
  type Observations,
  quantilesOf,
  rounded,
  valueAt,
} from './observations.js';

/** Share of the values that a tail is told from, and the fewest. */
const TAIL_SHARE = 0.02;
const LEAST_IN_TAIL = 30;
/** From here on a tail is as light as what quantiles describe without one. */
const LIGHT_ALPHA = 6;
const LEAST_ALPHA = 1.05;

/** Everything but the name and the source. */
type Fitted = Omit<LatencyProfile, 'format' | 'name' | 'source'>;

/**
 * Fits a profile: of each load that the run had for long enough, how both times depend on the prompt's length there, and how what
 * is left of them is distributed. What did not vary in the run is not told of.
 */
export function fitProfile(seen: Observations): Fitted {
  const tokens = rounded(median(seen.promptTokens));
  const groups = groupLevels(seen);
  const levels = groups.map((members) => levelOf(seen, members, tokens));
  // Without loads to tell apart, all requests are one.
  const [middle = levelOf(seen, allOf(seen), tokens)] = levels.toSorted(
    (a, b) => distance(a, seen) - distance(b, seen),
  );
  const { inFlight, ttft, itl } = middle;
  const tokensPerChunk = Math.max(1, Math.round(seen.tokensPerChunk * 100) / 100);
  return {
    promptTokens: tokens,
    concurrency: inFlight,
    ttft,
    ...(itl && { itl: { ...itl, tokensPerChunk } }),
    ...(levels.length > 1 && { levels: withItlInAllOrNone(levels) }),
  };
}

/** How far a level is from the load that most requests had. */
const distance = ({ inFlight }: LoadLevel, seen: Observations): number =>
  Math.abs(Math.log(inFlight / median(seen.inFlight)));

const withItlInAllOrNone = (levels: readonly LoadLevel[]): LoadLevel[] =>
  levels.every(({ itl }) => itl) ? [...levels] : levels.map(({ inFlight, ttft }) => ({ inFlight, ttft }));

const allOf = ({ ttftMs, gaps }: Observations): Members => {
  const rows = ttftMs.map((_, row) => row);
  return { rows, streams: rows, gaps: gaps.ms.map((_, gap) => gap) };
};

function levelOf(seen: Observations, { rows, streams, gaps }: Members, tokens: number): LoadLevel {
  const pick = (from: readonly number[], which: readonly number[]): number[] =>
    which.map((row) => from[row]!);
  const first = withoutLength(pick(seen.promptTokens, rows), pick(seen.ttftMs, rows), tokens);
  const itl = itlOf(seen, streams, gaps, tokens);
  return {
    inFlight: rounded(Math.max(1, median(pick(seen.inFlight, rows)))),
    ttft: { ...spreadOf(first.values), ...first.slope },
    ...(itl && { itl }),
  };
}

/** Times as prompts of one length would have them. */
function withoutLength(
  promptTokens: readonly number[],
  ms: readonly number[],
  tokens: number,
): { values: number[]; slope: PromptDependence } {
  const groups = groupMedians(promptTokens, ms);
  const perPromptTokenMs = groups ? slopeOf(groups) : 0;
  const values = ms.map((value, i) =>
    Math.max(value * 0.05, value - perPromptTokenMs * (promptTokens[i]! - tokens)),
  );
  return { values, slope: groups ? { perPromptTokenMs: rounded(perPromptTokenMs) } : {} };
}

function spreadOf(values: readonly number[]): Quantiles {
  const sorted = ascending(values);
  const tail = tailOf(sorted);
  return { ...quantilesOf(sorted.length, (share) => valueAt(sorted, share)), ...(tail && { tail }) };
}

/** Hill's estimate of the largest values' exponent; undefined where it is as light as a lognormal one. */
export function tailOf(sorted: ArrayLike<number>): ParetoTail | undefined {
  const count = Math.floor(sorted.length * TAIL_SHARE);
  if (count < LEAST_IN_TAIL) return undefined;
  const start = sorted[sorted.length - count - 1]!;
  let logs = 0;
  for (let i = sorted.length - count; i < sorted.length; i++) logs += Math.log(sorted[i]! / start);
  const alpha = count / logs;
  if (!(alpha < LIGHT_ALPHA)) return undefined;
  return {
    share: TAIL_SHARE,
    alpha: rounded(Math.max(alpha, LEAST_ALPHA)),
    mostMs: rounded(sorted[sorted.length - 1]! * 2),
  };
}

const deviation = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

/** Between tokens: how streams differ from each other, and how gaps differ within one. */
function itlOf(
  seen: Observations,
  streams: readonly number[],
  gaps: readonly number[],
  tokens: number,
): LoadLevel['itl'] {
  const paced = streams.filter((row) => !Number.isNaN(seen.itlMs[row]!));
  if (gaps.length === 0 || paced.length === 0) return undefined;
  const paces = paced.map((row) => seen.itlMs[row]!);
  const { slope } = withoutLength(
    paced.map((row) => seen.promptTokens[row]!),
    paces,
    tokens,
  );
  const ms = gaps.map((gap) => seen.gaps.ms[gap]!);
  const mean = ms.reduce((sum, value) => sum + value, 0) / ms.length;
  // Means of streams differ by chance too, as far as their gaps differ; what is more than that is their own pace.
  const between = deviation(paces.map((pace) => Math.log(Math.max(pace, 1e-3))));
  const chance = deviation(ms) / mean / Math.sqrt(Math.max(1, seen.gapsPerStream));
  const streamSigma = Math.sqrt(Math.max(0, between ** 2 - chance ** 2));
  // Each gap as a stream of the middling pace would have it, so that the paces are not in both.
  const own = ascending(
    gaps.map((gap, i) => ms[i]! / paceFactor(seen.itlMs[seen.gaps.rows[gap]!]!, mean, streamSigma, between)),
  );
  return {
    ...gapQuantilesOf(own.length, (share) => Math.max(1e-3, valueAt(own, share))),
    ...slope,
    streamSigma: rounded(streamSigma),
  };
}

/** Of what a stream's mean differs from that of all, the part that is its own. */
function paceFactor(itlMs: number, mean: number, streamSigma: number, between: number): number {
  if (!(itlMs > 0) || between === 0) return 1;
  return (itlMs / mean) ** (streamSigma / between);
}
