/** What all parts of a server tell about themselves at one moment, as plain data. */
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';
import type { ThreadStats } from '../threads/messages.js';
import { ThreadMeters } from './thread-meters.js';

/** How busy the event loop of a thread was since it began. */
export interface LoopReport {
  /** Share of the time in which it was not idle. */
  readonly utilization: number;
  /** How late timers ran while clients were connected, milliseconds. */
  readonly delayMeanMs: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

/** The whole server, at one moment. */
export interface ServerReport {
  readonly uptimeMs: number;
  /** Since the process began. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** How time passes, as the setting says. */
  readonly latency: string;
  /** The threads that answered. */
  readonly threads: readonly ThreadStats[];
  /** Of each model that is simulated; empty where latencies come from elsewhere. */
  readonly clusters: readonly ModelCluster[];
}

/** All threads as one. */
export function mergeThreads({ threads }: ServerReport): ThreadMeters {
  const all = new ThreadMeters();
  for (const { meters } of threads) all.merge(meters);
  return all;
}

/** Sum of a figure over the threads. */
export const total = (report: ServerReport, value: (thread: ThreadStats) => number): number =>
  report.threads.reduce((sum, thread) => sum + value(thread), 0);

/** How late tokens were handed on, with these bounds in seconds. */
export const PACING_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
] as const;
