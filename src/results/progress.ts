/** What a running benchmark looks like from outside: counters and coarse histograms, read a few times a second. */
import type { ErrorKind } from './error-kinds.js';
import type { DistributionName } from './metrics.js';
import type { ThreadHealth } from './outcome.js';

/** The distributions that are followed live. */
export const LIVE_DISTRIBUTIONS = ['ttft', 'itl', 'e2e'] as const satisfies readonly DistributionName[];
export type LiveDistribution = (typeof LIVE_DISTRIBUTIONS)[number];

/** Those that only rules of `--abort` look at. */
export const WATCHED_DISTRIBUTIONS = [
  'ttfb',
  'response_time',
  'lateness',
] as const satisfies readonly DistributionName[];
/** All that a rule can be about. */
export const FOLLOWED_DISTRIBUTIONS = [...LIVE_DISTRIBUTIONS, ...WATCHED_DISTRIBUTIONS] as const;
export type FollowedDistribution = (typeof FOLLOWED_DISTRIBUTIONS)[number];

const LOWEST_MS = 0.01;
const BUCKETS_PER_DECADE = 64;
/** Log-spaced buckets from 10 µs to 1,000 s, 3.7 % wide: enough to watch by; the run file has the exact figures. */
export const LIVE_BUCKETS = BUCKETS_PER_DECADE * 8;

/** The live bucket of a latency in milliseconds; values out of range fall into the outermost buckets. */
export function liveBucketOf(ms: number): number {
  const bucket = Math.floor(Math.log10(ms / LOWEST_MS) * BUCKETS_PER_DECADE);
  return bucket > 0 ? Math.min(bucket, LIVE_BUCKETS - 1) : 0;
}

/** The lower bound of a live bucket, milliseconds. */
export const liveBucketFromMs = (bucket: number): number => LOWEST_MS * 10 ** (bucket / BUCKETS_PER_DECADE);

/**
 * A quantile of live bucket counts, milliseconds (the bucket's middle); undefined while empty.
 *
 * @param first - the bucket that the first count belongs to
 */
export function liveQuantileMs(counts: ArrayLike<number>, share: number, first = 0): number | undefined {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  if (total === 0) return undefined;
  let left = Math.ceil(share * total);
  for (let i = 0; i < counts.length; i++) {
    left -= counts[i]!;
    if (left <= 0 && counts[i]! > 0)
      return Math.sqrt(liveBucketFromMs(first + i) * liveBucketFromMs(first + i + 1));
  }
  return undefined;
}

/** The mean of live bucket counts, milliseconds; undefined while empty. */
export function liveMeanMs(counts: ArrayLike<number>): number | undefined {
  let total = 0;
  let sumMs = 0;
  for (let i = 0; i < counts.length; i++) {
    total += counts[i]!;
    sumMs += counts[i]! * Math.sqrt(liveBucketFromMs(i) * liveBucketFromMs(i + 1));
  }
  return total === 0 ? undefined : sumMs / total;
}

/** The counts of a distribution that a rule is about; empty where nobody follows it. */
export const followedCounts = (target: TargetProgress, name: FollowedDistribution): Uint32Array =>
  ({ ...target.watched, ...target.latencies })[name] ?? new Uint32Array(0);

export interface TargetProgress {
  name: string;
  url: string;
  /** Since the run began, warm-up included. */
  sent: number;
  completed: number;
  failed: number;
  inFlight: number;
  outputTokens: number;
  /** Counts per live bucket of the measured phase, see {@link liveBucketOf}. */
  latencies: Record<LiveDistribution, Uint32Array>;
  /** The same of latencies that nobody shows; absent where they are not counted. */
  watched?: Record<(typeof WATCHED_DISTRIBUTIONS)[number], Uint32Array>;
  /** Failed requests by kind, the most frequent first; absent where nobody counts them live. */
  errors?: { kind: ErrorKind; count: number }[];
}

/** A load thread, while it works. */
export interface ThreadProgress extends ThreadHealth {
  /** Requests, all targets together, warm-up included. */
  sent: number;
  inFlight: number;
}

export interface Progress {
  /** Of a sweep or a search: the load that is being measured. Time and counters are those of this load alone. */
  point?: string;
  phase: 'warmup' | 'measuring' | 'finishing';
  /** Since the run began, milliseconds. */
  elapsedMs: number;
  /** Of the whole plan, 0 to 1; absent when it cannot be known. */
  share?: number;
  targets: TargetProgress[];
  /** Absent where there are no load threads. */
  threads?: ThreadProgress[];
}
