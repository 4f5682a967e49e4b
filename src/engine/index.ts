/** The load engine: sends the workload of a plan to its targets and returns what happened. */
import { systemClock } from '../lib/clock.js';
import { FakeaiError } from '../lib/errors.js';
import { endpointOf } from '../lib/endpoint-kinds.js';
import type { RunOutcome } from '../results/outcome.js';
import type { Progress } from '../results/progress.js';
import { widthOf } from '../results/shard-plan.js';
import { TimeSeries } from '../results/time-series.js';
import type { Plan, Shard } from '../workloads/plan.js';
import { defaultHeaders, endpointUrl } from './endpoints.js';
import { requestHeaders } from './headers.js';
import { BoardReader, createBoard } from './live-board.js';
import type { ThreadResult } from './load-thread.js';
import { Probe } from './probe.js';
import { planShare, progressAt } from './run-progress.js';
import { Recorder } from './recorder.js';
import type { Security } from './transport/transport.js';
import { ThreadCrew } from './run-threads.js';
import { composeShards, effectiveShard, threadsOf } from './shares.js';

export type { Security } from './transport/transport.js';
export { discoverModel } from './discover-model.js';
export { effectiveShard } from './shares.js';

export interface LoadOptions {
  plan: Plan;
  /** Load threads on this machine; at most as many are started as requests may be in flight per target. */
  threads: number;
  /** This machine's part of the plan; all of it by default. */
  shard?: Shard;
  /** When to start, milliseconds since 1970 by the wall clock; as soon as everything is ready by default. */
  startAtWallMs?: number;
  /** Whether to start late rather than to refuse when that instant has passed; refused by default. */
  startLate?: boolean;
  /** Sent with every request, in addition to those that HTTP and JSON need. */
  headers: Readonly<Record<string, string>>;
  /** How connections of `https:` URLs are made. */
  security?: Security | undefined;
  /** A file that all requests are appended to, a line each, and the number of this load in a series. */
  requestLog?: { path: string; load?: number };
  /** Stops the run early: nothing more is sent, requests in flight are cut and counted as incomplete. */
  signal?: AbortSignal;
  /** Called on the main thread, which the load threads do not wait for. */
  onProgress?: (progress: Progress) => void;
  /**
   * Asked as often as progress is reported; a reason ends the run early, as the signal does, but on the run's own
   * account.
   */
  stopWhen?: (progress: Progress) => string | undefined;
  progressIntervalMs?: number;
  /** Told the common start of all threads, an instant of the machine's monotonic clock, just before it comes. */
  onStart?: (startMs: number) => void;
}

const ALL: Shard = { index: 0, count: 1 };

/**
 * Runs a plan.
 *
 * @returns what was measured, `interrupted` when the signal ended it early; failed requests are part of that
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a URL or header that cannot be used, before anything is sent
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a shard with nothing to do, and for a start that has passed
 * @throws FakeaiError FAKEAI_THREAD_CRASHED when a load thread dies
 */
export async function runLoad(options: LoadOptions): Promise<RunOutcome> {
  const { plan, signal } = options;
  for (const target of plan.targets) endpointUrl(plan, target.url);
  const headers = requestHeaders(defaultHeaders(plan), options.headers);
  const outer = effectiveShard(plan, options.shard ?? ALL);
  if (!outer) throw nothingToDo(options.shard!, plan);
  const threads = threadsOf(plan, outer, options.threads);
  const board = createBoard(threads, plan.targets.length);
  const crew = new ThreadCrew(
    Array.from({ length: threads }, (_, threadIndex) => ({
      plan,
      shard: composeShards(outer, { index: threadIndex, count: threads }),
      headers,
      security: options.security,
      board,
      threadIndex,
      requestLog: options.requestLog,
    })),
  );
  const probe =
    plan.probe && outer.index === 0
      ? new Probe(plan, plan.probe, { headers, security: options.security })
      : undefined;
  const stop = (): void => {
    crew.stop();
    probe?.stop();
  };
  let over = false;
  let stopped: RunOutcome['stopped'];
  const onStop = (reason: string, atMs: number): void => {
    if (over || stopped || signal?.aborted) return;
    stopped = { reason, atMs };
    stop();
  };
  let progressTimer: NodeJS.Timeout | undefined;
  try {
    await probe?.ready();
    const startMs = await crew.start(options.startAtWallMs, options.startLate);
    options.onStart?.(startMs);
    const wallAheadMs = wallAhead();
    const startedAt = new Date(wallAheadMs + startMs).toISOString();
    const reader = new BoardReader(board, threads, plan.targets);
    probe?.begin(startMs, () => reader.read().sendingOver);
    const report = progressReporter(options, reader, outer, startMs, onStop);
    if (report) progressTimer = setInterval(report, options.progressIntervalMs ?? 100);
    signal?.addEventListener('abort', stop);
    // After the listener is there, so that no abort can fall in between.
    if (signal?.aborted) stop();
    const results = await crew.results();
    over = true;
    report?.();
    const probed = await probe?.results();
    return {
      startedAt,
      interrupted: signal?.aborted ?? false,
      ...(stopped && { stopped }),
      targets: mergeTargets(plan, results, startMs + plan.warmupMs),
      ...(probed && { probe: probed }),
      threads: results.map(({ health }) => health),
      clockStepMs: wallAhead() - wallAheadMs,
      ...requestLogProblem(results),
    };
  } finally {
    clearInterval(progressTimer);
    signal?.removeEventListener('abort', stop);
    await Promise.all([crew.close(), probe?.close()]);
  }
}

function requestLogProblem(results: readonly ThreadResult[]): Pick<RunOutcome, 'requestLogProblem'> {
  const problem = results.find(({ logProblem }) => logProblem !== undefined)?.logProblem;
  return problem === undefined ? {} : { requestLogProblem: problem };
}

/** How far the wall clock is ahead of the monotonic one; the same at all times, unless somebody sets it. */
const wallAhead = (): number => systemClock.wallMs() - systemClock.nowMs();

/** Refuses a shard whose requests all belong to others. */
export const nothingToDo = ({ index, count }: Shard, plan: Plan): FakeaiError =>
  new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: `--shard ${index + 1}/${count}`,
    problem: `has nothing to do: only ${widthOf(plan)} requests may be in flight per target`,
    hint: 'Use fewer shards, or more --concurrency or --max-in-flight.',
  });

function progressReporter(
  { plan, onProgress, stopWhen }: LoadOptions,
  reader: BoardReader,
  outer: Shard,
  startMs: number,
  onStop: (reason: string, atMs: number) => void,
): (() => void) | undefined {
  if (!onProgress && !stopWhen) return undefined;
  const share = planShare(plan, outer);
  return () => {
    const elapsedMs = Math.max(0, systemClock.nowMs() - startMs);
    const progress = progressAt(plan, reader.read(), elapsedMs, share);
    onProgress?.(progress);
    const reason = stopWhen?.(progress);
    if (reason !== undefined) onStop(reason, elapsedMs);
  };
}

function mergeTargets(plan: Plan, results: ThreadResult[], measureFromMs: number): RunOutcome['targets'] {
  return plan.targets.map((target, i) => {
    const merged = new Recorder();
    const series = new TimeSeries();
    for (const result of results) {
      merged.merge(new Recorder(result.recorders[i]));
      series.merge(new TimeSeries(result.series[i]));
    }
    return {
      ...merged.outcome(target, measureFromMs, {
        good: plan.goodput !== undefined,
        items: endpointOf(plan.endpoint).items !== undefined,
        retries: plan.retries !== undefined,
      }),
      series,
    };
  });
}
