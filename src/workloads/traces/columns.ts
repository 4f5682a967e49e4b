/** Traces as columns that grow while a file is read. */
import { FakeaiError } from '../../lib/errors.js';
import type { Trace, TraceSource } from '../plan.js';
import { Column, doubles, words } from './column.js';
import { shareHistory } from './sessions.js';

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

/** Collects rows into a {@link Trace}. */
export class TraceBuilder {
  readonly #source: Trace['source'];
  readonly #limits: typeof LIMITS;
  readonly #instantMs = new Column(doubles);
  readonly #inputTokens = new Column(words);
  readonly #outputTokens = new Column(words);
  readonly #hashIds = new Column(words);
  readonly #hashStart = new Column(words);
  readonly #sessions = new Column(doubles);
  #hasSessions = false;
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
   * @param session - rows of one session have prompts that go on from each other
   * @throws FakeaiError FAKEAI_TRACE_TOO_LARGE
   */
  add(
    line: number,
    instantMs: number,
    inputTokens: number,
    outputTokens: number,
    hashIds: readonly number[],
    session = Number.NaN,
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
    this.#sessions.push(session);
    if (!Number.isNaN(session)) this.#hasSessions = true;
  }

  #tooLarge(line: number, problem: string): never {
    throw new FakeaiError('FAKEAI_TRACE_TOO_LARGE', { path: this.#source.path, line, problem });
  }

  /**
   * The trace: rows in order of their instants, those of one instant as they stood in the file, the first at 0.
   *
   * @throws FakeaiError FAKEAI_TRACE_EMPTY, FAKEAI_TRACE_TOO_LARGE
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
    const told = this.#hasSessions
      ? (shareHistory(trace, this.#sessions.finish(), this.#limits.hashes) ??
        this.#tooLarge(this.rows, `${this.#limits.hashes} blocks of what its sessions repeat`))
      : trace;
    const ordered = this.#sorted ? told : inOrder(told);
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
