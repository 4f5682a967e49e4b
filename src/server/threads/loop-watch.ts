/**
 * How busy the event loop of a thread is. How late its timers run is measured by a timer, which would be most of what an idle
 * server does: it rests while nobody is connected. Others read the figures from shared memory, where the thread writes them every
 * second, as reading them costs more than all else that a scrape asks of a thread.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Clock } from '../../lib/clock.js';
import type { LoopReport } from '../telemetry/report.js';

/** Coarse, so that watching costs nothing; the histogram counts the whole time between two ticks of its timer. */
const RESOLUTION_MS = 10;
const PUBLISH_MS = 1000;

/** Figures of a loop as numbers: since when, how long it was busy then, and its delays. */
export class LoopFigures {
  static readonly length = 5;

  constructor(readonly numbers: Float64Array = new Float64Array(LoopFigures.length)) {}

  /** @param nowMs - on the clock of the {@link LoopWatch} that writes them */
  report(nowMs: number): LoopReport {
    const [sinceMs, activeMs, delayMeanMs, delayP99Ms, delayMaxMs] = this.numbers;
    const utilization = Math.min(1, activeMs! / Math.max(1, nowMs - sinceMs!));
    return { utilization, delayMeanMs: delayMeanMs!, delayP99Ms: delayP99Ms!, delayMaxMs: delayMaxMs! };
  }
}

/** Watches the calling thread: its utilization from construction on, its delays while {@link measure} says so. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #since = performance.eventLoopUtilization();
  readonly #figures: LoopFigures;
  #timer: NodeJS.Timeout | undefined;
  #resting = true;

  /** @param figures - where others read them */
  constructor(clock: Clock, figures = new LoopFigures()) {
    this.#figures = figures;
    figures.numbers.fill(0);
    figures.numbers[0] = clock.nowMs();
  }

  /** Begins to measure delays, or rests. */
  measure(on: boolean): void {
    this.#resting = !on;
    if (on) this.#delay.enable();
    else this.#delay.disable();
    // Connections may come and go a thousand times a second: the figures are written once more later, not every time.
    if (on) this.#timer ??= setInterval(() => this.#tick(), PUBLISH_MS).unref();
  }

  #tick(): void {
    this.publish();
    if (!this.#resting) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Writes the figures as they are now. */
  publish(): void {
    const late = (ns: number): number => (Number.isFinite(ns) ? Math.max(0, ns / 1e6 - RESOLUTION_MS) : 0);
    const measured = this.#delay.count > 0;
    const { numbers } = this.#figures;
    numbers[1] = performance.eventLoopUtilization(this.#since).active;
    numbers[2] = measured ? late(this.#delay.mean) : 0;
    numbers[3] = measured ? late(this.#delay.percentile(99)) : 0;
    numbers[4] = measured ? late(this.#delay.max) : 0;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }
}
