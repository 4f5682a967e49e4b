/**
 * Ticks finer than the event loop's timers: a thread that sleeps in `Atomics.wait` (sub-millisecond timeouts) and
 * posts a message when it is time. 0.06 to 0.1 ms late at the median, where `setTimeout` is 0.6 ms late.
 */
import { Worker } from 'node:worker_threads';
import { systemClock } from './clock.js';
import { TimerTicks, type TickSource } from './deadline-wheel.js';
import { workerUrl } from './worker-url.js';

/**
 * Layout of the shared words. Instants are microseconds modulo 2^32, which orders everything less than 35 minutes
 * apart, and makes them plain 32-bit atomics.
 */
export const WAKER_WORDS = { change: 0, armed: 1, targetUs: 2, never: 3, length: 4 } as const;

/** Longest time that is asked of the thread at once; a later instant gets a tick on the way that finds nothing due. */
const LONGEST_MS = 60_000;

/** An instant as the waker thread counts: microseconds modulo 2^32. */
export const toWakerUs = (instantMs: number): number => Math.floor((instantMs * 1e3) % 2 ** 32) | 0;

/** Options of a {@link WakerTicks}. */
export interface WakerOptions {
  /**
   * How much earlier than asked it aims, to make up for the time that the message takes. A tick that arrives early
   * is passed on at the instant itself, not before.
   */
  leadMs?: number;
  /**
   * Whether the thread, with its memory of some megabytes, is started by the first instant that is asked for; the event
   * loop's timers tick until it has. By default it starts at once.
   */
  startsLate?: boolean;
  /**
   * Instants that are no further away than this the calling thread waits for itself: it sleeps between two turns of its event loop, which
   * takes a fraction of what it costs to be woken by another thread. What comes over the network meanwhile waits so long. Default 0: none.
   */
  napMs?: number;
}

/**
 * A {@link TickSource} on its own thread; instants are those of `systemClock`. It keeps the calling thread alive until
 * it is closed.
 */
export class WakerTicks implements TickSource {
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * WAKER_WORDS.length));
  #worker: Worker | undefined;
  #online = false;
  /** Ticks while the thread starts. */
  #bridge: NodeJS.Timeout | undefined;
  readonly #leadMs: number;
  readonly #napMs: number;
  #callback: () => void = () => {};
  #instantMs = Number.POSITIVE_INFINITY;
  #immediate: NodeJS.Immediate | undefined;
  #fallback: TimerTicks | undefined;
  #closed = false;

  constructor(options: WakerOptions = {}) {
    this.#leadMs = options.leadMs ?? 0.06;
    this.#napMs = options.napMs ?? 0;
    if (!options.startsLate) this.#start();
  }

  onTick(callback: () => void): void {
    this.#callback = callback;
  }

  arm(instantMs: number): void {
    if (this.#closed) return;
    if (this.#fallback) {
      this.#fallback.arm(instantMs);
      return;
    }
    this.#instantMs = instantMs;
    clearImmediate(this.#immediate);
    const nowMs = systemClock.nowMs();
    const aimMs = Math.min(instantMs - this.#leadMs, nowMs + LONGEST_MS);
    if (aimMs <= nowMs) {
      this.#immediate = setImmediate(this.#onWake);
      return;
    }
    if (aimMs - nowMs <= this.#napMs) {
      this.#immediate = setImmediate(this.#nap);
      return;
    }
    if (!this.#worker) this.#start();
    if (!this.#online) {
      clearTimeout(this.#bridge);
      this.#bridge = setTimeout(this.#onWake, aimMs - nowMs);
    }
    Atomics.store(this.#words, WAKER_WORDS.targetUs, toWakerUs(aimMs));
    Atomics.store(this.#words, WAKER_WORDS.armed, 1);
    Atomics.add(this.#words, WAKER_WORDS.change, 1);
    Atomics.notify(this.#words, WAKER_WORDS.change);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearImmediate(this.#immediate);
    clearTimeout(this.#bridge);
    this.#fallback?.close();
    void this.#worker?.terminate();
  }

  #start(): void {
    const worker = (this.#worker = new Worker(workerUrl('./waker-thread.js'), {
      workerData: this.#words,
      name: 'fakeai-waker',
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    }));
    worker.on('online', () => (this.#online = true));
    worker.on('message', this.#onWake);
    worker.on('error', this.#onLost);
    worker.on('exit', this.#onLost);
  }

  /** The event loop has just looked for what came over the network, and does so again afterwards. */
  readonly #nap = (): void => {
    const waitMs = this.#instantMs - this.#leadMs - systemClock.nowMs();
    if (waitMs > 0) Atomics.wait(this.#words, WAKER_WORDS.never, 0, waitMs);
    this.#onWake();
  };

  readonly #onWake = (): void => {
    if (this.#closed || this.#instantMs === Number.POSITIVE_INFINITY) return;
    const waitMs = this.#instantMs - systemClock.nowMs();
    if (waitMs > this.#leadMs) {
      // Woken for an instant that was replaced since, or only part of the way.
      this.arm(this.#instantMs);
    } else if (waitMs > 0) {
      // At most the lead: a few turns of the event loop, which serve I/O meanwhile.
      clearImmediate(this.#immediate);
      this.#immediate = setImmediate(this.#onWake);
    } else {
      this.#instantMs = Number.POSITIVE_INFINITY;
      clearImmediate(this.#immediate);
      this.#callback();
    }
  };

  // Its loss must not stop anything: ticks come from the event loop from then on, only less finely.
  readonly #onLost = (): void => {
    if (this.#closed || this.#fallback) return;
    clearImmediate(this.#immediate);
    this.#fallback = new TimerTicks(systemClock);
    this.#fallback.onTick(this.#callback);
    if (this.#instantMs !== Number.POSITIVE_INFINITY) this.#fallback.arm(this.#instantMs);
  };
}
