/** A profile from the histograms of a run file, which know nothing of single requests. */
import { decodeHistograms } from '../../results/read-run-file.js';
import type { RunFile, RunTarget } from '../../results/run-file.js';
import type { LatencyProfile, LoadCurve, Quantiles } from '../../simulator/profile/profile.js';
import { neverFalling } from './dependence.js';
import { quantilesOf, rounded } from './observations.js';

/** Everything but the name and the source; undefined for a target without a completed stream. */
export function profileOfTarget(
  run: RunFile,
  target: RunTarget,
): Omit<LatencyProfile, 'format' | 'name' | 'source'> | undefined {
  const { ttft, itl, input_tokens: input, tokens_per_chunk: chunks } = decodeHistograms(target.histograms);
  if (!ttft || ttft.count === 0) return undefined;
  const quantiles = (of: NonNullable<typeof ttft>): Quantiles =>
    quantilesOf(of.count, (share) => of.valueAtShare(share));
  const tokens = input?.valueAtShare(0.5);
  const load = loadCurveOf(run, target.name);
  return {
    ...(tokens !== undefined && { promptTokens: rounded(tokens) }),
    concurrency: rounded(Math.max(1, meanInFlight(target))),
    ttft: quantiles(ttft),
    ...(itl &&
      itl.count > 0 && {
        itl: { ...quantiles(itl), tokensPerChunk: Math.max(1, Math.round(chunks?.valueAtShare(0.5) ?? 1)) },
      }),
    ...(load && { load }),
  };
}

/** Little's law. */
function meanInFlight({ counters, metrics, measuredMs }: RunTarget): number {
  const e2eMs = metrics.e2e?.mean ?? 0;
  return measuredMs > 0 ? (counters.completed * e2eMs) / measuredMs : 0;
}

/** From the loads of a sweep or a search; undefined where there is only one. */
function loadCurveOf({ points }: RunFile, name: string): LoadCurve | undefined {
  const loads = (points ?? [])
    .flatMap(({ targets }) => targets.filter((target) => target.name === name))
    .map((target) => ({
      inFlight: meanInFlight(target),
      ttft: target.metrics.ttft?.p50 ?? target.metrics.ttft?.mean,
      itl: target.metrics.itl?.mean,
    }))
    .filter(
      (load): load is { inFlight: number; ttft: number; itl: number } =>
        load.inFlight > 0 && (load.ttft ?? 0) > 0 && (load.itl ?? 0) > 0,
    )
    .sort((a, b) => a.inFlight - b.inFlight)
    .filter((load, i, all) => i === 0 || load.inFlight > all[i - 1]!.inFlight * 1.05);
  if (loads.length < 2) return undefined;
  const relative = (key: 'ttft' | 'itl'): number[] => {
    const rising = neverFalling(loads.map((load) => load[key]));
    return rising.map((value) => rounded(value / rising[0]!));
  };
  return {
    inFlight: loads.map(({ inFlight }) => rounded(inFlight)),
    ttft: relative('ttft'),
    itl: relative('itl'),
  };
}
