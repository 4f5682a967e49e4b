/** How busy the event loop of a thread is. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { LoopReport } from '../telemetry/report.js';

/** Coarse, so that watching costs nothing; the histogram counts the whole time between two ticks of its timer. */
const RESOLUTION_MS = 10;

/** Watches the calling thread from construction on. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #since = performance.eventLoopUtilization();

  constructor() {
    this.#delay.enable();
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
