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
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Since the process began. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** How time passes, as the setting says. */
  readonly latency: string;
  /** The threads that answered. */
  readonly threads: readonly ThreadStats[];
  /**
   * Of each model that is simulated; empty where latencies come from elsewhere. To be read in the turn of the event loop in which
   * the report comes: the next one is written over it.
   */
  readonly clusters: readonly ModelCluster[];
}

const MERGED = new WeakMap<ServerReport, ThreadMeters>();

/** All threads as one; added up once for each report, so nothing may be added to it. */
export function mergeThreads(report: ServerReport): ThreadMeters {
  let all = MERGED.get(report);
  if (!all) {
    all = new ThreadMeters();
    for (const { meters } of report.threads) all.merge(meters);
    MERGED.set(report, all);
  }
  return all;
}

/** Keeps one report for all: what is bound to it and to its meters reads the numbers of the latest. */
export class KeptReport {
  #report: ServerReport | undefined;
  #meters = new ThreadMeters();

  /** @returns what says the same as the given report, until the next one is kept */
  keep(report: ServerReport): ServerReport {
    const { threads } = report;
    // What a thread alone counted is gone with it.
    if (!this.#report || this.#report.threads.length !== threads.length) this.#begin(report);
    else Object.assign(this.#report, report);
    this.#meters.reset();
    for (const { meters } of threads) this.#meters.merge(meters);
    return this.#report!;
  }

  #begin(report: ServerReport): void {
    this.#report = { ...report };
    this.#meters = new ThreadMeters();
    MERGED.set(this.#report, this.#meters);
  }
}

/** Sum of a figure over the threads. */
export const total = (report: ServerReport, value: (thread: ThreadStats) => number): number =>
  report.threads.reduce((sum, thread) => sum + value(thread), 0);

/** How late tokens were handed on, with these bounds in seconds. */
export const PACING_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1,
  0.25, 1,
] as const;
