/** What the callbacks of one tick, or the requests of one turn, write: one behind the other when all of it has been made. */
import type { Clock } from '../../lib/clock.js';
import type { Gathering } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';

/** What has text that waits in an {@link Outbox}. */
export interface Sender {
  /** Writes what waits, if anything still does. */
  flush(): void;
}

/** Most that wait at once: what was made first must not wait for too many others. */
const CAPACITY = 64;

/**
 * Holds back writes while the text of others that are due is made. With work between two writes a reader on the same machine takes what
 * came and falls asleep, so that the next write has to wake it; writes in a row find it awake, and the processor's caches full of
 * what a write needs.
 */
export class Outbox implements Gathering {
  readonly #clock: Clock;
  readonly #lateness: LatenessHistogram;
  readonly #senders: Sender[] = [];
  /** For each of them, the instant at which it was due. */
  readonly #dueMs: number[] = [];
  #gathers = false;
  /** Whether a connection is being read: answers in one piece are held back then. */
  #reads = false;
  /** Whether what waits is released in this turn of the event loop. */
  #releasesSoon = false;
  /** How many waited when the callback that runs was begun. */
  #before = 0;

  /**
   * @param clock - that of the instants
   * @param lateness - where it records how late was written what was held back
   */
  constructor(clock: Clock, lateness: LatenessHistogram) {
    this.#clock = clock;
    this.#lateness = lateness;
  }

  begin(): void {
    this.#before = this.#senders.length;
    this.#gathers = true;
  }

  end(instantMs: number, calledMs: number): void {
    this.#gathers = false;
    const { length } = this.#senders;
    if (length === this.#before) this.#lateness.record(calledMs - instantMs);
    else this.#dueMs[this.#before] = instantMs;
    if (length >= CAPACITY) this.release();
  }

  /** A connection is read: answers in one piece wait until all that have bytes in this turn of the event loop were read. */
  beginRead(): void {
    this.#reads = true;
  }

  /** It was read. */
  endRead(): void {
    this.#reads = false;
    const { length } = this.#senders;
    if (length >= CAPACITY) this.release();
    else if (length > 0 && !this.#releasesSoon) {
      this.#releasesSoon = true;
      setImmediate(this.#onTurn);
    }
  }

  readonly #onTurn = (): void => {
    this.#releasesSoon = false;
    this.release();
  };

  /**
   * Takes in one that has text to write, or more of it.
   *
   * @param whole - whether it is an answer in one piece
   * @returns whether it was: otherwise it is to write at once
   */
  holds(sender: Sender, whole = false): boolean {
    const holds = this.#gathers || (whole && this.#reads);
    if (holds) this.#senders.push(sender);
    return holds;
  }

  release(): void {
    this.#gathers = false;
    const senders = this.#senders;
    const dueMs = this.#dueMs;
    for (let place = 0; place < senders.length; place++) {
      const due = place < dueMs.length ? dueMs[place] : undefined;
      if (due !== undefined) this.#lateness.record(this.#clock.nowMs() - due);
      senders[place]!.flush();
    }
    this.#senders.length = 0;
    this.#dueMs.length = 0;
  }
}
