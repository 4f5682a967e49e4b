/**
 * How busy the event loop of a thread is. How late its timers run is measured by a timer, which would be most of what an idle
 * server does: it rests while nobody is connected.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { LoopReport } from '../telemetry/report.js';

/** Coarse, so that watching costs nothing; the histogram counts the whole time between two ticks of its timer. */
const RESOLUTION_MS = 10;

/** Watches the calling thread: its utilization from construction on, its delays while {@link measure} says so. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #since = performance.eventLoopUtilization();

  /** Begins to measure delays, or rests. */
  measure(on: boolean): void {
    if (on) this.#delay.enable();
    else this.#delay.disable();
  }

  report(): LoopReport {
    const late = (ns: number): number => (Number.isFinite(ns) ? Math.max(0, ns / 1e6 - RESOLUTION_MS) : 0);
    const measured = this.#delay.count > 0;
    return {
      utilization: performance.eventLoopUtilization(this.#since).utilization,
      delayMeanMs: measured ? late(this.#delay.mean) : 0,
      delayP99Ms: measured ? late(this.#delay.percentile(99)) : 0,
      delayMaxMs: measured ? late(this.#delay.max) : 0,
    };
  }

  close(): void {
    this.#delay.disable();
  }
}
