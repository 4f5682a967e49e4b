/**
 * What load threads show while they run: counters and coarse histograms in shared memory. A thread writes its own part
 * and nobody else's, the main thread reads when it likes; no message is sent and nobody waits.
 */
import { ERROR_KINDS, type ErrorKind } from '../results/error-kinds.js';
import {
  FOLLOWED_DISTRIBUTIONS,
  LIVE_BUCKETS,
  type FollowedDistribution,
  type TargetProgress,
  type ThreadProgress,
} from '../results/progress.js';
import type { Target } from '../workloads/plan.js';

/** Counters of one thread and target, as doubles: whole numbers up to 2^53, and read in one piece. */
const COUNTERS = [
  'sent',
  'completed',
  'failed',
  'inFlight',
  'outputTokens',
  'measuredSent',
  'sendingOver',
  // Of the whole thread; in the cell of its first target.
  'eventLoopDelayP99Ms',
  'cpuShare',
] as const;
type Counter = (typeof COUNTERS)[number];

const COUNTER_BYTES = COUNTERS.length * Float64Array.BYTES_PER_ELEMENT;
const KINDS = Object.keys(ERROR_KINDS) as ErrorKind[];
const ERROR_BYTES = KINDS.length * Float64Array.BYTES_PER_ELEMENT;
const BUCKET_BYTES = FOLLOWED_DISTRIBUTIONS.length * LIVE_BUCKETS * Uint32Array.BYTES_PER_ELEMENT;
const CELL_BYTES = COUNTER_BYTES + ERROR_BYTES + BUCKET_BYTES;

/** Memory for all threads and targets. */
export const createBoard = (threads: number, targets: number): SharedArrayBuffer =>
  new SharedArrayBuffer(threads * targets * CELL_BYTES);

/** The part of one thread and target. */
export class BoardCell {
  readonly #counters: Float64Array;
  /** Failed requests by kind, in the order of {@link KINDS}. */
  readonly #errors: Float64Array;
  readonly #buckets: Uint32Array;

  constructor(board: SharedArrayBuffer, targets: number, threadIndex: number, targetIndex: number) {
    const offset = (threadIndex * targets + targetIndex) * CELL_BYTES;
    this.#counters = new Float64Array(board, offset, COUNTERS.length);
    this.#errors = new Float64Array(board, offset + COUNTER_BYTES, KINDS.length);
    this.#buckets = new Uint32Array(
      board,
      offset + COUNTER_BYTES + ERROR_BYTES,
      FOLLOWED_DISTRIBUTIONS.length * LIVE_BUCKETS,
    );
  }

  /** Adds to a counter. */
  add(counter: Counter, amount: number): void {
    this.#counters[COUNTERS.indexOf(counter)]! += amount;
  }

  set(counter: Counter, value: number): void {
    this.#counters[COUNTERS.indexOf(counter)] = value;
  }

  /** Counts a failed request. */
  failed(kind: ErrorKind): void {
    this.#errors[KINDS.indexOf(kind)]!++;
  }

  errors(kindIndex: number): number {
    return this.#errors[kindIndex]!;
  }

  get(counter: Counter): number {
    return this.#counters[COUNTERS.indexOf(counter)]!;
  }

  /**
   * Adds a latency.
   *
   * @param bucket - of the latency, see `liveBucketOf`
   */
  record(name: FollowedDistribution, bucket: number): void {
    this.#buckets[FOLLOWED_DISTRIBUTIONS.indexOf(name) * LIVE_BUCKETS + bucket]!++;
  }

  /** Adds this cell's buckets to those of others. */
  addBucketsTo(name: FollowedDistribution, sum: Uint32Array): void {
    const offset = FOLLOWED_DISTRIBUTIONS.indexOf(name) * LIVE_BUCKETS;
    for (let i = 0; i < LIVE_BUCKETS; i++) sum[i]! += this.#buckets[offset + i]!;
  }
}

/** What the whole board says, for the main thread. */
export interface BoardReading {
  targets: TargetProgress[];
  /** The target whose measured requests are the fewest has this many. */
  measuredSent: number;
  /** No thread will send anything more. */
  sendingOver: boolean;
  threads: ThreadProgress[];
}

/** Reads a board. */
export class BoardReader {
  readonly #targets: readonly Target[];
  readonly #cells: BoardCell[][];

  constructor(board: SharedArrayBuffer, threads: number, targets: readonly Target[]) {
    this.#targets = targets;
    this.#cells = targets.map((_, target) =>
      Array.from({ length: threads }, (__, thread) => new BoardCell(board, targets.length, thread, target)),
    );
  }

  read(): BoardReading {
    return {
      targets: this.#targets.map((target, i) => progressOf(target, this.#cells[i]!)),
      measuredSent: Math.min(...this.#cells.map((cells) => sum(cells, 'measuredSent'))),
      sendingOver: this.#cells.flat().every((cell) => cell.get('sendingOver') === 1),
      threads: this.#cells[0]!.map((first, thread) => {
        const cells = this.#cells.map((ofTarget) => ofTarget[thread]!);
        return {
          sent: sum(cells, 'sent'),
          inFlight: sum(cells, 'inFlight'),
          eventLoopDelayP99Ms: first.get('eventLoopDelayP99Ms'),
          cpuShare: first.get('cpuShare'),
        };
      }),
    };
  }
}

const sum = (cells: BoardCell[], counter: Counter): number =>
  cells.reduce((total, cell) => total + cell.get(counter), 0);

function progressOf(target: Target, cells: BoardCell[]): TargetProgress {
  const latencies = {
    ttft: bucketsOf(cells, 'ttft'),
    itl: bucketsOf(cells, 'itl'),
    e2e: bucketsOf(cells, 'e2e'),
  };
  const watched = {
    ttfb: bucketsOf(cells, 'ttfb'),
    response_time: bucketsOf(cells, 'response_time'),
    lateness: bucketsOf(cells, 'lateness'),
  };
  return {
    name: target.name,
    url: target.url,
    sent: sum(cells, 'sent'),
    completed: sum(cells, 'completed'),
    failed: sum(cells, 'failed'),
    inFlight: sum(cells, 'inFlight'),
    outputTokens: sum(cells, 'outputTokens'),
    latencies,
    watched,
    errors: KINDS.map((kind, index) => ({
      kind,
      count: cells.reduce((total, cell) => total + cell.errors(index), 0),
    }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count),
  };
}

function bucketsOf(cells: BoardCell[], name: FollowedDistribution): Uint32Array {
  const buckets = new Uint32Array(LIVE_BUCKETS);
  for (const cell of cells) cell.addBucketsTo(name, buckets);
  return buckets;
}
