/** How well a load thread is doing: whether its figures can be trusted. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance, type IntervalHistogram } from 'node:perf_hooks';
import type { Clock } from '../lib/clock.js';
import type { ThreadHealth } from '../results/outcome.js';

const RESOLUTION_MS = 10;

/** CPU time that this thread has used, milliseconds; undefined where neither Node nor the platform tells. */
function threadCpuMs(): number | undefined {
  // Node 23.9 and later.
  const ask = (process as { threadCpuUsage?: () => { user: number; system: number } }).threadCpuUsage;
  if (ask) {
    const { user, system } = ask.call(process);
    return (user + system) / 1e3;
  }
  if (process.platform !== 'linux') return undefined;
  try {
    // The first field is the time on a CPU in nanoseconds.
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    return undefined;
  }
}

/** Watches the calling thread from construction to {@link HealthMonitor.stop}. */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #fromMs: number;
  readonly #cpuFromMs = threadCpuMs();
  readonly #loopFrom = performance.eventLoopUtilization();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#fromMs = clock.nowMs();
    this.#delay.enable();
  }

  /**
   * How the thread has been doing since the watch began.
   *
   * @returns `cpuShare` from the CPU time of the thread; where nobody tells that, the share of time in which its event
   *   loop was not idle, which is an upper bound of it
   */
  read(): ThreadHealth {
    const wallMs = this.#clock.nowMs() - this.#fromMs;
    const cpuMs = threadCpuMs();
    const cpuShare =
      cpuMs !== undefined && this.#cpuFromMs !== undefined
        ? (cpuMs - this.#cpuFromMs) / wallMs
        : performance.eventLoopUtilization(this.#loopFrom).utilization;
    return {
      // The histogram counts the whole time between two ticks of its timer.
      eventLoopDelayP99Ms: Math.max(0, this.#delay.percentile(99) / 1e6 - RESOLUTION_MS),
      cpuShare: Math.min(1, Math.max(0, cpuShare)),
    };
  }

  /** Ends the watch, and says how the thread did. */
  stop(): ThreadHealth {
    this.#delay.disable();
    return this.read();
  }
}
