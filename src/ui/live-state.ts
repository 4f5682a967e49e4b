/** What the live screen knows: the plan, the latest progress, and enough of the past for rates over time. */
import type { PlanSummary } from '../results/plan-summary.js';
import {
  LIVE_BUCKETS,
  LIVE_DISTRIBUTIONS,
  liveQuantileMs,
  type LiveDistribution,
  type Progress,
} from '../results/progress.js';
import type { KeyCommand } from './keys.js';

/** Counters of all targets at one instant. */
interface Sample {
  elapsedMs: number;
  completed: number[];
  sent: number[];
  failed: number[];
  inFlight: number[];
  outputTokens: number[];
  /** Of all targets together, counts per live bucket so far. */
  latencies: Record<LiveDistribution, Uint32Array>;
}

/** What the screen can show; a key each. */
export const PANELS = ['Overview', 'Latencies', 'Over time', 'Threads', 'Errors'] as const;
export type Panel = (typeof PANELS)[number];

export interface LiveState {
  /** Name and version, for the title. */
  title: string;
  plan: PlanSummary;
  progress?: Progress | undefined;
  /** The oldest first; one a second, {@link LONGEST_HISTORY} at most. */
  samples: readonly Sample[];
  /** What is shown; the overview at first. */
  panel?: Panel | undefined;
  /** Whether the keys are explained in its place. */
  help?: boolean | undefined;
  /** Somebody asked for the end of the run. */
  stopping?: boolean | undefined;
  /** Whether there is a keyboard to ask with. */
  keys?: boolean | undefined;
}

/** The state after a key. */
export function afterKey(state: LiveState, command: KeyCommand): LiveState {
  const now = PANELS.indexOf(state.panel ?? PANELS[0]);
  switch (command.type) {
    case 'panel':
      return { ...state, panel: PANELS[command.index] ?? state.panel, help: false };
    case 'step':
      return { ...state, panel: PANELS[(now + command.by + PANELS.length) % PANELS.length], help: false };
    case 'help':
      return { ...state, help: !state.help };
    case 'stop':
      return { ...state, stopping: true };
  }
}

/** Two minutes at one sample a second; older ones are dropped. */
export const LONGEST_HISTORY = 120;
const SAMPLE_EVERY_MS = 1000;
/** Current rates are means over at least this long (where the run is that old), so that figures stay calm. */
const RATE_WINDOW_MS = 3000;

/** The state after new progress. */
export function advance(state: LiveState, progress: Progress): LiveState {
  // Each load of a series has a time and counters of its own.
  if (progress.point !== state.progress?.point) state = { ...state, samples: [] };
  const last = state.samples.at(-1);
  if (last && progress.elapsedMs - last.elapsedMs < SAMPLE_EVERY_MS) return { ...state, progress };
  const samples = [...state.samples, sampleOf(progress)].slice(-LONGEST_HISTORY);
  return { ...state, progress, samples };
}

const sampleOf = ({ elapsedMs, targets }: Progress): Sample => ({
  elapsedMs,
  completed: targets.map((target) => target.completed),
  sent: targets.map((target) => target.sent),
  failed: targets.map((target) => target.failed),
  inFlight: targets.map((target) => target.inFlight),
  outputTokens: targets.map((target) => target.outputTokens),
  latencies: {
    ttft: together(targets, 'ttft'),
    itl: together(targets, 'itl'),
    e2e: together(targets, 'e2e'),
  },
});

function together(targets: Progress['targets'], name: LiveDistribution): Uint32Array {
  const sum = new Uint32Array(LIVE_BUCKETS);
  for (const { latencies } of targets) {
    for (let i = 0; i < LIVE_BUCKETS; i++) sum[i]! += latencies[name][i]!;
  }
  return sum;
}

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

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** What the past is kept of. */
export type HistoryFigure =
  'sentRps' | 'completedRps' | 'failedRps' | 'outputTokensPerSecond' | 'inFlight' | `${LiveDistribution}Ms`;

const RATES = {
  sentRps: 'sent',
  completedRps: 'completed',
  failedRps: 'failed',
  outputTokensPerSecond: 'outputTokens',
} as const;

/**
 * A figure of all targets together, one value per sample after the first, the oldest first: rates and medians of what
 * happened since the sample before, numbers in flight as they were.
 *
 * @returns undefined where nothing was measured in between
 */
export function historyOf({ samples }: LiveState, figure: HistoryFigure): (number | undefined)[] {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i]!;
    if (figure === 'inFlight') return total(sample.inFlight);
    if (figure in RATES) {
      const counter = RATES[figure as keyof typeof RATES];
      return (
        ((total(sample[counter]) - total(before[counter])) / (sample.elapsedMs - before.elapsedMs)) * 1000
      );
    }
    const name = LIVE_DISTRIBUTIONS.find((known) => figure === `${known}Ms`)!;
    return liveQuantileMs(
      sample.latencies[name].map((count, bucket) => count - before.latencies[name][bucket]!),
      0.5,
    );
  });
}

/** Milliseconds that are left of the plan, if that can be said yet. */
export function remainingMs({ elapsedMs, share, phase }: Progress): number | undefined {
  if (share === undefined || share < 0.01 || phase === 'finishing') return undefined;
  return Math.max(0, elapsedMs / share - elapsedMs);
}
