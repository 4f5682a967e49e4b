/**
 * How much of the figures is the client's own: the load of a run once more, against the embedded simulator, which answers
 * at once. What is measured then is the load generator, the loopback and the simulator's own work, and so an upper bound.
 */
import { availableParallelism } from 'node:os';
import { serverSchema } from '../config/schema.js';
import { runLoad, type LoadOptions } from '../engine/index.js';
import { buildRunFile } from '../results/build-run-file.js';
import { packageInfo } from '../lib/package-info.js';
import { hasSessions, summarizePlan } from '../results/plan-summary.js';
import type { ClientFloor, RunFile, RunTarget } from '../results/run-file.js';
import { startServer } from '../server/index.js';

/** Longer than this nothing new is learned. */
export const LONGEST_FLOOR_MS = 30_000;

/** What of the run's load the second one repeats. */
export type FloorOptions = Pick<LoadOptions, 'plan' | 'shard' | 'threads' | 'signal' | 'onProgress'>;

/**
 * Measures the floor of a run.
 *
 * @returns undefined where the run sent nothing that could be repeated, or when the signal came
 */
export async function measureClientFloor(
  run: RunFile,
  options: FloorOptions,
): Promise<ClientFloor | undefined> {
  const { signal } = options;
  if (signal?.aborted || run.targets.every(({ counters }) => counters.sent === 0)) return undefined;
  const server = await startServer(
    serverSchema.parse({
      host: '127.0.0.1',
      port: 0,
      latency: 'instant',
      threads: Math.max(1, availableParallelism() - options.threads),
    }),
  );
  try {
    const { shard: _, ...rest } = options;
    const load = floorLoad(run, options, server);
    const outcome = await runLoad({ ...rest, ...load, headers: {} });
    const summary = summarizePlan(load.plan);
    const floor = buildRunFile({ outcome, plan: summary, sloExpressions: [], tool: packageInfo() });
    if (floor.interrupted) return undefined;
    return {
      plan: summary,
      targets: floor.targets.map(({ name, metrics, counters, measuredMs }) => ({
        name,
        requests: counters.completed,
        measuredMs,
        metrics,
      })),
      threads: floor.threads,
    };
  } finally {
    await server.close();
  }
}

/**
 * The load of the second run: the same requests, from the same seed. A closed loop would send as fast as it can where
 * answers come at once, which is another load, and a series has many; these are sent at the rate at which the first run
 * really sent, and sessions are begun at the rate at which they were begun.
 */
function floorLoad(
  run: RunFile,
  { plan, shard }: FloorOptions,
  server: { url: string; model: string },
): Pick<LoadOptions, 'plan' | 'shard'> {
  const repeated = run.points === undefined && !['closed', 'users'].includes(plan.arrivals.kind);
  const sessions = hasSessions(run.plan.workload);
  const sendingRps = Math.max(
    ...run.targets.map((target) => (begun(target, sessions) / Math.max(1, target.measuredMs)) * 1000),
  );
  return {
    plan: {
      ...plan,
      targets: plan.targets.map(({ name }) => ({ name, url: server.url })),
      model: server.model,
      ignoreEos: true,
      arrivals: repeated ? plan.arrivals : { kind: 'poisson', ratePerSecond: sendingRps },
      warmupMs: Math.min(plan.warmupMs, LONGEST_FLOOR_MS),
      stop: { ...plan.stop, durationMs: Math.min(plan.stop.durationMs ?? Infinity, LONGEST_FLOOR_MS) },
    },
    ...(repeated && shard && { shard }),
  };
}

/** What was begun in the measured time: requests, or of sessions their first turns. */
function begun({ counters, turns = [] }: RunTarget, sessions: boolean): number {
  const first = sessions ? turns.find(({ turn }) => turn === 1)?.metrics.e2e?.count : undefined;
  // Where no first turn was answered in it, all that is known is how much was sent.
  return first ?? counters.sent;
}
