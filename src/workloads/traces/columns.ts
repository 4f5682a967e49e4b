/** Traces as columns that grow while a file is read. */
import { FakeaiError } from '../../lib/errors.js';
import type { Trace, TraceSource } from '../plan.js';

/** The most that a trace may hold; hashes are those of all rows together, at most 256 MiB. */
const LIMITS = { rows: 5_000_000, hashes: 64 * 1024 * 1024 };

/** Tokens per hash, by format; formats without hashes have the default. */
export const HASH_BLOCK_TOKENS: Record<TraceSource['format'], number> = {
  mooncake: 512,
  azure: 512,
  burstgpt: 512,
  bailian: 16,
  recorded: 16,
};

type Values = Float64Array | Uint32Array;

/** A typed array that doubles when full. */
export class Column<A extends Values> {
  readonly #make: (length: number) => A;
  #values: A;
  length = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#values = make(1024);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = this.#make(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** A copy of exactly the right length. */
  finish(): A {
    const exact = this.#make(this.length);
    exact.set(this.#values.subarray(0, this.length));
    return exact;
  }
}

// Shared memory: a plan goes to every load thread, and all of them read the same columns.
export const doubles = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
export const words = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(length * 4));

/** Collects rows into a {@link Trace}. */
export class TraceBuilder {
  readonly #source: Trace['source'];
  readonly #limits: typeof LIMITS;
  readonly #instantMs = new Column(doubles);
  readonly #inputTokens = new Column(words);
  readonly #outputTokens = new Column(words);
  readonly #hashIds = new Column(words);
  readonly #hashStart = new Column(words);
  #sorted = true;

  constructor(source: Trace['source'], limits = LIMITS) {
    this.#source = source;
    this.#limits = limits;
  }

  get rows(): number {
    return this.#instantMs.length;
  }

  /**
   * Adds a row.
   *
   * @param line - line number in the file, for errors
   * @param instantMs - from any origin that all rows share
   * @param outputTokens - 0 becomes 1, the least that can be asked for
   * @throws FakeaiError FAKEAI_TRACE_TOO_LARGE
   */
  add(
    line: number,
    instantMs: number,
    inputTokens: number,
    outputTokens: number,
    hashIds: readonly number[],
  ): void {
    const { rows } = this;
    const limits = this.#limits;
    if (rows === limits.rows) this.#tooLarge(line, `${limits.rows} rows`);
    if (this.#hashIds.length + hashIds.length > limits.hashes)
      this.#tooLarge(line, `${limits.hashes} hashes`);
    if (rows > 0 && instantMs < this.#instantMs.at(rows - 1)) this.#sorted = false;
    this.#hashStart.push(this.#hashIds.length);
    this.#instantMs.push(instantMs);
    this.#inputTokens.push(inputTokens);
    this.#outputTokens.push(Math.max(1, outputTokens));
    for (const id of hashIds) this.#hashIds.push(id);
  }

  #tooLarge(line: number, problem: string): never {
    throw new FakeaiError('FAKEAI_TRACE_TOO_LARGE', { path: this.#source.path, line, problem });
  }

  /**
   * The trace: rows in order of their instants, those of one instant as they stood in the file, the first at 0.
   *
   * @throws FakeaiError FAKEAI_TRACE_EMPTY
   */
  finish(): Trace {
    if (this.rows === 0) throw new FakeaiError('FAKEAI_TRACE_EMPTY', { path: this.#source.path });
    this.#hashStart.push(this.#hashIds.length);
    const trace: Trace = {
      source: this.#source,
      instantMs: this.#instantMs.finish(),
      inputTokens: this.#inputTokens.finish(),
      outputTokens: this.#outputTokens.finish(),
      hashIds: this.#hashIds.finish(),
      hashStart: this.#hashStart.finish(),
      hashBlockTokens: HASH_BLOCK_TOKENS[this.#source.format],
    };
    const ordered = this.#sorted ? trace : inOrder(trace);
    const origin = ordered.instantMs[0]!;
    for (let row = 0; row < ordered.instantMs.length; row++) ordered.instantMs[row]! -= origin;
    return ordered;
  }
}

function inOrder(trace: Trace): Trace {
  const order = Uint32Array.from({ length: trace.instantMs.length }, (_, row) => row);
  // The sort is stable: equal instants keep the order of the file.
  order.sort((a, b) => trace.instantMs[a]! - trace.instantMs[b]!);
  return takeRows(trace, order);
}

/** A trace of some rows of another one, in the given order; its instants stay as they are. */
export function takeRows(trace: Trace, order: Uint32Array): Trace {
  const rows = order.length;
  let hashes = 0;
  for (const row of order) hashes += trace.hashStart[row + 1]! - trace.hashStart[row]!;
  const taken: Trace = {
    ...trace,
    instantMs: doubles(rows),
    inputTokens: words(rows),
    outputTokens: words(rows),
    hashIds: words(hashes),
    hashStart: words(rows + 1),
  };
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const from = order[row]!;
    taken.instantMs[row] = trace.instantMs[from]!;
    taken.inputTokens[row] = trace.inputTokens[from]!;
    taken.outputTokens[row] = trace.outputTokens[from]!;
    taken.hashStart[row] = at;
    const ids = trace.hashIds.subarray(trace.hashStart[from], trace.hashStart[from + 1]);
    taken.hashIds.set(ids, at);
    at += ids.length;
  }
  taken.hashStart[rows] = at;
  return taken;
}
