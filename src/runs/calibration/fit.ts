/** A profile from what was seen of single requests. */
import type { LatencyProfile, LoadCurve, ParetoTail, Quantiles } from '../../simulator/profile/profile.js';
import { curveThrough } from '../../simulator/profile/load-curve.js';
import { groupMedians, neverFalling, slopeOf } from './dependence.js';
import { median, type Observations, quantilesOf, rounded, valueAt } from './observations.js';

/** Share of the values that a tail is told from, and the fewest. */
const TAIL_SHARE = 0.02;
const LEAST_IN_TAIL = 30;
/** From here on a tail is as light as what quantiles describe without one. */
const LIGHT_ALPHA = 6;
const LEAST_ALPHA = 1.05;

/** Everything but the name and the source. */
type Fitted = Omit<LatencyProfile, 'format' | 'name' | 'source'>;

/**
 * Fits a profile: first how both times depend on the load, then how they depend on the prompt's length, then what is left.
 * What did not vary in the run is not told of.
 */
export function fitProfile(seen: Observations): Fitted {
  const load = loadCurve(seen);
  const { inFlight, promptTokens } = seen;
  const concurrency = rounded(median(inFlight));
  const tokens = rounded(median(promptTokens));
  const without = (factors: 'ttft' | 'itl', values: readonly number[]): number[] => {
    if (!load) return [...values];
    const curve = curveThrough(load.inFlight, load[factors]);
    return values.map((ms, i) => (ms * curve(concurrency)) / curve(inFlight[i]!));
  };
  const ttft = withoutLength(promptTokens, without('ttft', seen.ttftMs), tokens);
  const itl = withoutLength(promptTokens, without('itl', seen.itlMs), tokens);
  return {
    promptTokens: tokens,
    concurrency,
    ttft: { ...spreadOf(ttft.values), ...ttft.slope },
    ...(itl.values.length > 0 && { itl: { ...gapsOf(seen, itl.values), ...itl.slope } }),
    ...(load && { load }),
  };
}

function loadCurve({ inFlight, ttftMs, itlMs }: Observations): LoadCurve | undefined {
  const ttft = groupMedians(inFlight, ttftMs);
  const itl = groupMedians(inFlight, itlMs);
  if (!ttft || !itl || itl.x.length !== ttft.x.length) return undefined;
  const relative = (values: readonly number[]): number[] => {
    const rising = neverFalling(values);
    return rising.map((value) => rounded(value / rising[0]!));
  };
  return { inFlight: ttft.x.map(rounded), ttft: relative(ttft.y), itl: relative(itl.y) };
}

/** Times as prompts of one length would have them. */
function withoutLength(
  promptTokens: readonly number[],
  ms: readonly number[],
  tokens: number,
): { values: number[]; slope: { perPromptTokenMs?: number } } {
  const groups = groupMedians(promptTokens, ms);
  const perPromptTokenMs = groups ? slopeOf(groups) : 0;
  const values = ms
    .map((value, i) => Math.max(value * 0.05, value - perPromptTokenMs * (promptTokens[i]! - tokens)))
    .filter((value) => !Number.isNaN(value));
  return { values, slope: groups ? { perPromptTokenMs: rounded(perPromptTokenMs) } : {} };
}

function spreadOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const tail = tailOf(sorted);
  return { ...quantilesOf(sorted.length, (share) => valueAt(sorted, share)), ...(tail && { tail }) };
}

/** Hill's estimate of the largest values' exponent; undefined where it is as light as a lognormal one. */
export function tailOf(sorted: readonly number[]): ParetoTail | undefined {
  const count = Math.floor(sorted.length * TAIL_SHARE);
  if (count < LEAST_IN_TAIL) return undefined;
  const start = sorted.at(-count - 1)!;
  let logs = 0;
  for (const value of sorted.slice(-count)) logs += Math.log(value / start);
  const alpha = count / logs;
  if (!(alpha < LIGHT_ALPHA)) return undefined;
  return {
    share: TAIL_SHARE,
    alpha: rounded(Math.max(alpha, LEAST_ALPHA)),
    mostMs: rounded(sorted.at(-1)! * 2),
  };
}

/** Between tokens: how streams differ from each other, and how gaps differ within one. */
function gapsOf(seen: Observations, itlMs: readonly number[]): NonNullable<LatencyProfile['itl']> {
  const middle = median(itlMs);
  const shares = seen.gapShares.toSorted((a, b) => a - b);
  const gaps = quantilesOf(shares.length, (share) => middle * valueAt(shares, share));
  const deviation = (values: readonly number[]): number => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  // Means of streams differ by chance too, as far as their gaps differ; what is more than that is their own pace.
  const between = deviation(itlMs.map((ms) => Math.log(Math.max(ms, 1e-3))));
  const chance = deviation(seen.gapShares) / Math.sqrt(Math.max(1, seen.gapsPerStream));
  const streamSigma = Math.sqrt(Math.max(0, between ** 2 - chance ** 2));
  return {
    ...gaps,
    streamSigma: rounded(streamSigma),
    tokensPerChunk: Math.max(1, Math.round(seen.tokensPerChunk)),
  };
}
