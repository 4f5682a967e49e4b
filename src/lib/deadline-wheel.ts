/**
 * One place per thread where everything that waits for an instant waits.
 *
 * A timer per stream drifts (each one starts when the last one ran) and starves at a thousand streams. Here all
 * deadlines are absolute, one tick source is armed for the earliest of them, and all that are due in a tick run
 * together. The wheel records how late each one ran and publishes it.
 */
import type { Clock } from './clock.js';
import { InstantHeap } from './instant-heap.js';
import { LatenessHistogram } from './lateness.js';

/** Something that calls back at an instant: a timer, a waker thread, or a test. */
export interface TickSource {
  /** Sets who is called. Called once, before anything else. */
  onTick(callback: () => void): void;
  /** Asks for a call at an instant of the wheel's clock, or soon after; replaces what was asked for before. */
  arm(instantMs: number): void;
  /** Stops calling and frees what it holds. */
  close(): void;
}

/** Ticks from `setTimeout`: no cost while idle, late by 0.6 ms at the median. */
export class TimerTicks implements TickSource {
  readonly #clock: Clock;
  #callback: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  onTick(callback: () => void): void {
    this.#callback = callback;
  }

  arm(instantMs: number): void {
    this.close();
    const delayMs = instantMs - this.#clock.nowMs();
    if (delayMs <= 0) this.#immediate = setImmediate(this.#callback);
    else this.#timer = setTimeout(this.#callback, Math.ceil(delayMs));
  }

  close(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }
}

/** A callback that waits for its instant; made by {@link DeadlineWheel.at}. */
export interface Deadline {
  /** Whether it still waits. */
  readonly pending: boolean;
}

class Entry implements Deadline {
  /** In the heap. */
  place = -1;

  constructor(
    readonly callback: (nowMs: number) => void,
    readonly measured: boolean,
  ) {}

  get pending(): boolean {
    return this.place >= 0;
  }
}

/** Holds back what the callbacks of a tick write, so that it is written in one go when all of them have been called. */
export interface Gathering {
  /** Called before a callback: what is written from now on is held back. */
  begin(): void;
  /**
   * Called after it. How late it was is recorded when what it wrote is written, or now where it wrote nothing.
   *
   * @param instantMs - at which it was due
   * @param calledMs - at which it was called
   */
  end(instantMs: number, calledMs: number): void;
  /** Writes what was held back, in order; nothing is held back from now on. */
  release(): void;
}

/** What a {@link DeadlineWheel} is made of. */
export interface DeadlineWheelOptions {
  clock: Clock;
  /** Who wakes it; {@link TimerTicks} by default. The wheel closes it. */
  ticks?: TickSource;
  /** Shortest time between two ticks: what falls due within it runs together. 0 by default. */
  minTickMs?: number;
  /** Where it records how late callbacks ran; one of its own by default. */
  lateness?: LatenessHistogram;
  /** For what measured callbacks write; by default it is written at once. It records lateness in their stead, at the write. */
  gathering?: Gathering;
  /** Most deadlines that may wait; one more throws a RangeError. 1,000,000 by default. */
  capacity?: number;
}

/** Runs callbacks at absolute instants, earliest first; equal instants run in no particular order. */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #ticks: TickSource;
  readonly #minTickMs: number;
  readonly #capacity: number;
  readonly #gathering: Gathering | undefined;
  readonly #heap = new InstantHeap<Entry>();
  readonly #lateness: LatenessHistogram;
  #armedMs = Number.POSITIVE_INFINITY;
  /** Before this there is no further tick. */
  #nextTickMs = Number.NEGATIVE_INFINITY;
  #running = false;
  /** The first place of the heap is that of a deadline which is run: what is inserted next takes it, mostly the same one again. */
  #vacant = false;
  #closed = false;

  constructor(options: DeadlineWheelOptions) {
    this.#clock = options.clock;
    this.#ticks = options.ticks ?? new TimerTicks(options.clock);
    this.#minTickMs = options.minTickMs ?? 0;
    this.#capacity = options.capacity ?? 1_000_000;
    this.#lateness = options.lateness ?? new LatenessHistogram();
    this.#gathering = options.gathering;
    this.#ticks.onTick(() => this.#tick());
  }

  /** How many deadlines wait. */
  get size(): number {
    return this.#heap.size - (this.#vacant ? 1 : 0);
  }

  /** How late callbacks ran, measured just before each was called, or just before what it wrote was written. */
  get lateness(): LatenessHistogram {
    return this.#lateness;
  }

  /**
   * Runs a callback at an instant, or in the next turn of the event loop when it has passed. Never runs it at once.
   *
   * @param instantMs - on the wheel's clock
   * @param callback - gets the instant at which it is called
   * @param measured - whether its lateness is recorded; false where the callback itself records what it stands for
   * @throws RangeError when {@link DeadlineWheelOptions.capacity} deadlines wait already
   */
  at(instantMs: number, callback: (nowMs: number) => void, measured = true): Deadline {
    const entry = new Entry(callback, measured);
    this.#insert(entry, instantMs);
    return entry;
  }

  /** Moves a deadline to another instant, or makes one that has run wait again, without allocating. */
  move(deadline: Deadline, instantMs: number): void {
    const entry = deadline as Entry;
    if (entry.pending) this.#heap.remove(entry);
    this.#insert(entry, instantMs);
  }

  /** Takes a deadline out; nothing happens when it has run or was cancelled already. */
  cancel(deadline: Deadline): void {
    if (deadline.pending) this.#heap.remove(deadline as Entry);
  }

  /** Forgets all deadlines and closes the tick source. */
  close(): void {
    this.#closed = true;
    this.#heap.clear();
    this.#vacant = false;
    this.#ticks.close();
  }

  #insert(entry: Entry, instantMs: number): void {
    if (this.#closed) return;
    if (this.size >= this.#capacity) throw new RangeError(`${this.#capacity} deadlines wait already`);
    if (this.#vacant) {
      this.#vacant = false;
      this.#heap.replaceFirst(entry, instantMs);
    } else this.#heap.add(entry, instantMs);
    if (!this.#running) this.#arm();
  }

  #arm(): void {
    if (this.#heap.size === 0) return;
    const instantMs = Math.max(this.#heap.firstMs, this.#nextTickMs);
    // An earlier tick than needed is harmless: it finds nothing due and arms again.
    if (instantMs >= this.#armedMs) return;
    this.#armedMs = instantMs;
    this.#ticks.arm(instantMs);
  }

  #tick(): void {
    if (this.#closed) return;
    this.#armedMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    let ran = false;
    this.#running = true;
    try {
      // Only what was due when the tick began: callbacks that keep adding due deadlines must not starve I/O.
      for (let instantMs = this.#heap.firstMs; instantMs <= nowMs; instantMs = this.#heap.firstMs) {
        ran = true;
        const entry = this.#heap.first!;
        entry.place = -1;
        this.#vacant = true;
        this.#call(entry, instantMs);
        this.#fill();
      }
    } finally {
      this.#fill();
      this.#gathering?.release();
      this.#running = false;
      if (ran) this.#nextTickMs = nowMs + this.#minTickMs;
      this.#arm();
    }
  }

  /** Nothing took the first place. */
  #fill(): void {
    if (!this.#vacant) return;
    this.#vacant = false;
    this.#heap.dropFirst();
  }

  #call({ callback, measured }: Entry, instantMs: number): void {
    const calledMs = this.#clock.nowMs();
    const gathering = measured ? this.#gathering : undefined;
    if (!gathering && measured) this.#lateness.record(calledMs - instantMs);
    gathering?.begin();
    callback(calledMs);
    gathering?.end(instantMs, calledMs);
  }
}
