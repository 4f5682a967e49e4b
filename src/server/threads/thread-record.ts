/** What a thread tells about itself, in memory that all threads read: nobody has to ask it. */
import { LatenessHistogram } from '../../lib/lateness.js';
import type { AppCounters } from '../context.js';
import { PACING_S } from '../telemetry/report.js';
import { SharedLists } from '../telemetry/shared-lists.js';
import { ThreadMeters } from '../telemetry/thread-meters.js';
import { LoopFigures } from './loop-watch.js';
import type { ThreadStats } from './messages.js';

/** Kinds of lists; those of the meters are in thread-meters.ts. */
const COUNTERS = 10;
const LATENESS = 11;
const LOOP = 12;

class Counters implements AppCounters {
  static readonly length = 4;

  constructor(readonly numbers: Float64Array) {}

  get requests(): number {
    return this.numbers[0]!;
  }

  set requests(count: number) {
    this.numbers[0] = count;
  }

  get errors(): number {
    return this.numbers[1]!;
  }

  set errors(count: number) {
    this.numbers[1] = count;
  }

  get activeStreams(): number {
    return this.numbers[2]!;
  }

  set activeStreams(count: number) {
    this.numbers[2] = count;
  }

  get connections(): number {
    return this.numbers[3]!;
  }

  set connections(count: number) {
    this.numbers[3] = count;
  }
}

/** For the thread itself. One that takes the place of a crashed thread goes on counting where that one was. */
export class ThreadRecord {
  readonly counters: Counters;
  readonly lateness: LatenessHistogram;
  readonly loop: LoopFigures;
  readonly meters: ThreadMeters;
  readonly #lists: SharedLists;

  constructor(memory: SharedArrayBuffer) {
    const lists = (this.#lists = new SharedLists(memory));
    const found = (kind: number, length: number): Float64Array =>
      lists.read().find((list) => list.kind === kind)?.numbers ?? lists.add(kind, '', length, true)!;
    this.counters = new Counters(found(COUNTERS, Counters.length));
    this.lateness = new LatenessHistogram(found(LATENESS, LatenessHistogram.length));
    this.loop = new LoopFigures(found(LOOP, LoopFigures.length));
    this.meters = new ThreadMeters(lists).find();
    // What was open or under way was lost.
    this.counters.connections = 0;
    this.counters.activeStreams = 0;
    for (const model of this.meters.models.values()) model.resetGauges();
  }

  /** Others count it among those that serve, or no longer. */
  serves(on: boolean): void {
    this.#lists.serving = on;
  }
}

/** For everybody. */
export class ThreadView {
  readonly #lists: SharedLists;
  readonly #meters: ThreadMeters;
  #figures: { counters: Counters; lateness: LatenessHistogram; loop: LoopFigures } | undefined;

  constructor(memory: SharedArrayBuffer) {
    this.#lists = new SharedLists(memory);
    this.#meters = new ThreadMeters(this.#lists);
  }

  /** The thread has crashed. */
  lost(): void {
    this.#lists.serving = false;
  }

  /**
   * What it has done so far; undefined while it does not serve. Meters go on counting.
   *
   * @param nowMs - on the machine's clock
   */
  read(nowMs: number): ThreadStats | undefined {
    if (!this.#lists.serving) return undefined;
    const { counters, lateness, loop } = (this.#figures ??= this.#find());
    const { requests, errors, activeStreams, connections } = counters;
    return {
      requests,
      errors,
      activeStreams,
      connections,
      pacing: lateness.report(),
      lateness: lateness.counts(),
      pacingS: lateness.histogram(PACING_S),
      loop: loop.report(nowMs),
      meters: this.#meters.find(),
    };
  }

  /** What a thread that serves has added already. */
  #find(): { counters: Counters; lateness: LatenessHistogram; loop: LoopFigures } {
    const lists = this.#lists.read();
    const of = (kind: number): Float64Array => lists.find((list) => list.kind === kind)!.numbers;
    return {
      counters: new Counters(of(COUNTERS)),
      lateness: new LatenessHistogram(of(LATENESS)),
      loop: new LoopFigures(of(LOOP)),
    };
  }
}
