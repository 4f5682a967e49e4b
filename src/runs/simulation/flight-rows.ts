/** The numbers of the requests under way, a row for each. */

import type { StepTimes } from '../../simulator/cluster/types.js';

/** When a request left. */
export interface Departure {
  /** NaN in closed loops and of later turns. */
  intendedMs: number;
  sentMs: number;
  measured: boolean;
}

/** What is known of a request in the end; of its tokens NaN for what there was not. */
export interface FlightNumbers extends Departure {
  firstMs: number;
  lastMs: number;
  secondMs: number;
  longestGapMs: number;
  chunks: number;
}

/** A cache line of the processor: a large fleet's requests are not in its caches any more when their next token comes. */
const WIDTH = 8;
const ID = 0;
export const LAST_MS = 1;
export const LONGEST_GAP_MS = 2;
export const FIRST_MS = 3;
export const SECOND_MS = 4;
const CHUNKS = 5;
const SENT_MS = 6;
const INTENDED_MS = 7;
/** Is added to the chunks of requests that are not measured. */
const UNMEASURED = 2 ** 40;
/** In place of an id. */
const FREE = -1;
const FIRST_ROOM = 64;

/**
 * Rows by request: open addressing, ids that are counted up at every other place. As fields of objects every instant would be memory
 * of its own, and with hundreds of replicas each look at one a wait for it. Its size follows the most requests in flight.
 */
export class FlightRows {
  #memory = new Float64Array(FIRST_ROOM * WIDTH).fill(FREE);
  #mask = FIRST_ROOM - 1;
  #size = 0;

  /** Where rows are; another one after {@link add}. */
  get memory(): Float64Array {
    return this.#memory;
  }

  /** @returns where the row of a request begins; -1 if there is none */
  find(id: number): number {
    const at = this.#placeOf(id);
    return this.#memory[at] === id ? at : -1;
  }

  /** A request begins; it has no tokens. */
  add(id: number, { intendedMs, sentMs, measured }: Departure): void {
    if (2 * ++this.#size > this.#mask) this.#grow();
    const at = this.#placeOf(id);
    const memory = this.#memory;
    memory[at + ID] = id;
    memory[at + LAST_MS] = Number.NaN;
    memory[at + LONGEST_GAP_MS] = Number.NaN;
    memory[at + FIRST_MS] = Number.NaN;
    memory[at + SECOND_MS] = Number.NaN;
    memory[at + CHUNKS] = measured ? 0 : UNMEASURED;
    memory[at + SENT_MS] = sentMs;
    memory[at + INTENDED_MS] = intendedMs;
  }

  isMeasured(at: number): boolean {
    return this.#memory[at + CHUNKS]! < UNMEASURED;
  }

  chunksOf(at: number): number {
    return chunksIn(this.#memory[at + CHUNKS]!);
  }

  /** A chunk came; returns how many there are now. */
  countChunk(at: number): number {
    return chunksIn(++this.#memory[at + CHUNKS]!);
  }

  /** A request gets a token from each of the steps `from + 1 … to`, after one at the end of step `from`. */
  pass(at: number, from: number, to: number, times: StepTimes): void {
    const memory = this.#memory;
    if (this.chunksOf(at) === 1) memory[at + SECOND_MS] = times.endOf(from + 1);
    memory[at + CHUNKS]! += to - from;
    const lastMs = times.endOf(to);
    memory[at + LAST_MS] = lastMs;
    // Steps grow by equal amounts: the first or the last one is the longest.
    const longestMs = Math.max(times.endOf(from + 1) - times.endOf(from), lastMs - times.endOf(to - 1));
    if (!(longestMs <= memory[at + LONGEST_GAP_MS]!)) memory[at + LONGEST_GAP_MS] = longestMs;
  }

  /**
   * Takes the row of a request, which is there no longer.
   *
   * @param at - where it begins
   * @param into - overwritten with its numbers
   */
  take(at: number, into: FlightNumbers): void {
    const memory = this.#memory;
    into.intendedMs = memory[at + INTENDED_MS]!;
    into.sentMs = memory[at + SENT_MS]!;
    into.measured = this.isMeasured(at);
    into.firstMs = memory[at + FIRST_MS]!;
    into.secondMs = memory[at + SECOND_MS]!;
    into.lastMs = memory[at + LAST_MS]!;
    into.longestGapMs = memory[at + LONGEST_GAP_MS]!;
    into.chunks = this.chunksOf(at);
    this.#remove(at);
  }

  #remove(at: number): void {
    const memory = this.#memory;
    const mask = this.#mask;
    let hole = at / WIDTH;
    this.#size--;
    for (let place = (hole + 1) & mask; memory[place * WIDTH] !== FREE; place = (place + 1) & mask) {
      // Whoever would be looked for beyond the hole, and not found, moves into it.
      const away = (place - homeOf(memory[place * WIDTH]!, mask)) & mask;
      if (away < ((place - hole) & mask)) continue;
      memory.copyWithin(hole * WIDTH, place * WIDTH, (place + 1) * WIDTH);
      hole = place;
    }
    memory[hole * WIDTH] = FREE;
  }

  /** Where the row of a request begins, or would. */
  #placeOf(id: number): number {
    const memory = this.#memory;
    let place = homeOf(id, this.#mask);
    while (memory[place * WIDTH] !== FREE && memory[place * WIDTH] !== id) place = (place + 1) & this.#mask;
    return place * WIDTH;
  }

  #grow(): void {
    const before = this.#memory;
    this.#memory = new Float64Array(2 * before.length).fill(FREE);
    this.#mask = this.#memory.length / WIDTH - 1;
    for (let at = 0; at < before.length; at += WIDTH) {
      if (before[at] !== FREE) this.#memory.set(before.subarray(at, at + WIDTH), this.#placeOf(before[at]!));
    }
  }
}

const chunksIn = (count: number): number => (count < UNMEASURED ? count : count - UNMEASURED);

const homeOf = (id: number, mask: number): number => (id << 1) & mask;
