/** A profile from the histograms of a run file, which know nothing of single requests. */
import { decodeHistograms } from '../../results/read-run-file.js';
import type { RunFile, RunTarget } from '../../results/run-file.js';
import type { LatencyProfile, LoadLevel } from '../../simulator/profile/profile.js';
import { gapQuantilesOf, quantilesOf, rounded } from './observations.js';

/** Two loads of a series differ by this factor at least. */
const LEAST_STEP = 1.05;

/** Everything but the name and the source; undefined for a target without a completed stream. */
export function profileOfTarget(
  run: RunFile,
  target: RunTarget,
): Omit<LatencyProfile, 'format' | 'name' | 'source'> | undefined {
  const all = levelOf(target);
  if (!all) return undefined;
  const { input_tokens: input } = decodeHistograms(target.histograms);
  const tokens = input?.valueAtShare(0.5);
  const levels = levelsOf(run, target.name);
  const tokensPerChunk = Math.max(1, Math.round((target.metrics.tokens_per_chunk?.mean ?? 1) * 100) / 100);
  return {
    ...(tokens !== undefined && { promptTokens: rounded(tokens) }),
    concurrency: all.inFlight,
    ttft: all.ttft,
    ...(all.itl && { itl: { ...all.itl, tokensPerChunk } }),
    ...(levels && { levels }),
  };
}

/** What a target measured, as one load. */
function levelOf(target: RunTarget): LoadLevel | undefined {
  const { ttft, itl } = decodeHistograms(target.histograms);
  if (!ttft || ttft.count === 0) return undefined;
  return {
    inFlight: rounded(Math.max(1, meanInFlight(target))),
    ttft: quantilesOf(ttft.count, (share) => ttft.valueAtShare(share)),
    ...(itl && itl.count > 0 && { itl: gapQuantilesOf(itl.count, (share) => itl.valueAtShare(share)) }),
  };
}

/** Little's law. */
function meanInFlight({ counters, metrics, measuredMs }: RunTarget): number {
  const e2eMs = metrics.e2e?.mean ?? 0;
  return measuredMs > 0 ? (counters.completed * e2eMs) / measuredMs : 0;
}

/** The loads of a sweep or a search; undefined where there is only one. */
function levelsOf({ points }: RunFile, name: string): LoadLevel[] | undefined {
  const levels = (points ?? [])
    .flatMap(({ targets }) => targets.filter((target) => target.name === name))
    .flatMap((target) => levelOf(target) ?? [])
    .sort((a, b) => a.inFlight - b.inFlight)
    .filter(({ inFlight }, i, all) => i === 0 || inFlight > all[i - 1]!.inFlight * LEAST_STEP);
  const paced = levels.filter(({ itl }) => itl);
  if (levels.length < 2) return undefined;
  return paced.length === levels.length ? levels : levels.map(({ inFlight, ttft }) => ({ inFlight, ttft }));
}
