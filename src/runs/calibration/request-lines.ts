/** Requests of a run (`--output requests=FILE`) as observations. */
import { createRandom } from '../../lib/random.js';
import type { RequestRecord } from '../../results/request-record.js';
import { InFlightCurve } from './in-flight.js';
import type { Gaps, Observations } from './observations.js';

/** Requests that are kept; a longer file is read up to there. */
export const MOST_REQUESTS = 500_000;
/** Gaps that are kept of all, each with the same probability. */
const MOST_GAPS = 400_000;

interface Kept {
  atMs: number;
  endMs: number;
  promptTokens: number;
  firstMs: number;
  itlMs: number;
  /** Place among those that say something of a service's times; -1 for others. */
  row: number;
}

/** Collects the requests of one target; {@link observations} when all have been added. */
export class RequestCollector {
  readonly #kept: Kept[] = [];
  readonly #gaps: Gaps = { rows: [], ms: [] };
  readonly #random = createRandom(0, 'calibration');
  #gapCount = 0;
  #tokens = 0;
  #chunks = 0;
  #streams = 0;
  /** Requests that say something of a service's times. */
  usable = 0;

  get full(): boolean {
    return this.#kept.length >= MOST_REQUESTS;
  }

  add(record: RequestRecord): void {
    const { at_ms: atMs, end_ms: endMs, chunk_ms: chunkMs, input_tokens: promptTokens } = record;
    const measured = record.outcome === 'completed' && !record.warmup && chunkMs !== undefined;
    const kept = { atMs, endMs, promptTokens, firstMs: Number.NaN, itlMs: Number.NaN, row: -1 };
    this.#kept.push(kept);
    if (!measured) return;
    kept.row = this.usable++;
    kept.firstMs = chunkMs[0]!;
    kept.itlMs = this.#stream(kept.row, chunkMs, Math.max(record.output_tokens, chunkMs.length));
  }

  /** The mean time per token of a stream after its first chunk; its gaps are taken in. */
  #stream(row: number, chunkMs: readonly number[], tokens: number): number {
    const spanMs = chunkMs.at(-1)! - chunkMs[0]!;
    if (!(spanMs > 0)) return Number.NaN;
    const gaps = chunkMs.length - 1;
    // The first chunk has one token; those after it share the others.
    const perChunk = Math.max(1, (tokens - 1) / gaps);
    this.#tokens += tokens - 1;
    this.#chunks += gaps;
    this.#streams++;
    for (let i = 1; i < chunkMs.length; i++) this.#keepGap(row, (chunkMs[i]! - chunkMs[i - 1]!) / perChunk);
    return spanMs / gaps / perChunk;
  }

  #keepGap(row: number, ms: number): void {
    const place = this.#gapCount < MOST_GAPS ? this.#gapCount : this.#random.int(this.#gapCount + 1);
    this.#gapCount++;
    if (place >= MOST_GAPS) return;
    this.#gaps.rows[place] = row;
    this.#gaps.ms[place] = ms;
  }

  observations(): Observations {
    const curve = new InFlightCurve(this.#kept);
    const measured = this.#kept.filter(({ row }) => row >= 0);
    return {
      promptTokens: measured.map(({ promptTokens }) => promptTokens),
      // While it waited: of requests that are sent together, the first ones wait for the others too.
      inFlight: measured.map(({ atMs, firstMs }) => curve.mean(atMs, firstMs)),
      inFlightAfter: measured.map(({ firstMs, endMs }) => curve.mean(firstMs, endMs)),
      ttftMs: measured.map(({ atMs, firstMs }) => firstMs - atMs),
      itlMs: measured.map(({ itlMs }) => itlMs),
      gaps: this.#gaps,
      tokensPerChunk: this.#chunks > 0 ? this.#tokens / this.#chunks : 1,
      gapsPerStream: this.#streams > 0 ? this.#gapCount / this.#streams : 1,
    };
  }
}
