/** What the live screen knows: the plan, the latest progress, and enough of the past for rates over time. */
import type { PlanSummary } from '../results/plan-summary.js';
import type { Progress } from '../results/progress.js';

/** Counters of all targets at one instant. */
interface Sample {
  elapsedMs: number;
  completed: number[];
  sent: number[];
  outputTokens: number[];
}

export interface LiveState {
  /** Name and version, for the title. */
  title: string;
  plan: PlanSummary;
  progress?: Progress | undefined;
  /** The oldest first; one a second, {@link LONGEST_HISTORY} at most. */
  samples: readonly Sample[];
}

/** Two minutes at one sample a second; older ones are dropped. */
export const LONGEST_HISTORY = 120;
const SAMPLE_EVERY_MS = 1000;
/** Current rates are means over at least this long (where the run is that old), so that figures stay calm. */
const RATE_WINDOW_MS = 3000;

/** The state after new progress. */
export function advance(state: LiveState, progress: Progress): LiveState {
  const last = state.samples.at(-1);
  if (last && progress.elapsedMs - last.elapsedMs < SAMPLE_EVERY_MS) return { ...state, progress };
  const samples = [...state.samples, sampleOf(progress)].slice(-LONGEST_HISTORY);
  return { ...state, progress, samples };
}

const sampleOf = ({ elapsedMs, targets }: Progress): Sample => ({
  elapsedMs,
  completed: targets.map((target) => target.completed),
  sent: targets.map((target) => target.sent),
  outputTokens: targets.map((target) => target.outputTokens),
});

/** Rates of now, per second. */
export interface CurrentRates {
  sentRps: number;
  completedRps: number;
  outputTokensPerSecond: number;
}

/** Rates of a target over the last seconds; undefined until there is a past to compare with. */
export function currentRates({ progress, samples }: LiveState, target: number): CurrentRates | undefined {
  if (!progress) return undefined;
  const now = sampleOf(progress);
  const then = samples.findLast((sample) => now.elapsedMs - sample.elapsedMs >= RATE_WINDOW_MS) ?? samples[0];
  if (!then || now.elapsedMs <= then.elapsedMs) return undefined;
  const perSecond = (name: 'sent' | 'completed' | 'outputTokens'): number =>
    ((now[name][target]! - then[name][target]!) / (now.elapsedMs - then.elapsedMs)) * 1000;
  return {
    sentRps: perSecond('sent'),
    completedRps: perSecond('completed'),
    outputTokensPerSecond: perSecond('outputTokens'),
  };
}

const total = (sample: Sample): number => sample.completed.reduce((sum, count) => sum + count, 0);

/** Completed requests per second of all targets, one value per sample after the first, the oldest first. */
export function rateHistory({ samples }: LiveState): number[] {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i]!;
    return ((total(sample) - total(before)) / (sample.elapsedMs - before.elapsedMs)) * 1000;
  });
}

/** Milliseconds that are left of the plan, if that can be said yet. */
export function remainingMs({ elapsedMs, share, phase }: Progress): number | undefined {
  if (share === undefined || share < 0.01 || phase === 'finishing') return undefined;
  return Math.max(0, elapsedMs / share - elapsedMs);
}
