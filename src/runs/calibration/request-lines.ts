/** Requests of a run (`--output requests=FILE`) as observations. */
import { createRandom } from '../../lib/random.js';
import type { RequestRecord } from '../../results/request-record.js';
import type { Observations } from './observations.js';

/** Requests that are kept; a longer file is read up to there. */
export const MOST_REQUESTS = 500_000;
/** Gaps that are kept of all, each with the same probability. */
const MOST_GAPS = 200_000;

interface Kept {
  atMs: number;
  endMs: number;
  promptTokens: number;
  ttftMs: number;
  itlMs: number;
  measured: boolean;
}

/** Collects the requests of one target; {@link observations} when all have been added. */
export class RequestCollector {
  readonly #kept: Kept[] = [];
  readonly #gapShares: number[] = [];
  readonly #random = createRandom(0, 'calibration');
  #gaps = 0;
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
    const kept = { atMs, endMs, promptTokens, ttftMs: Number.NaN, itlMs: Number.NaN, measured };
    this.#kept.push(kept);
    if (!measured) return;
    this.usable++;
    kept.ttftMs = chunkMs[0]! - atMs;
    kept.itlMs = this.#stream(chunkMs, Math.max(record.output_tokens, chunkMs.length));
  }

  /** The mean time per token of a stream; its gaps are taken in. */
  #stream(chunkMs: readonly number[], tokens: number): number {
    const meanGapMs = (chunkMs.at(-1)! - chunkMs[0]!) / (chunkMs.length - 1);
    if (!(meanGapMs > 0)) return Number.NaN;
    this.#tokens += tokens;
    this.#chunks += chunkMs.length;
    this.#streams++;
    for (let i = 1; i < chunkMs.length; i++) this.#keepGap((chunkMs[i]! - chunkMs[i - 1]!) / meanGapMs);
    return (meanGapMs * chunkMs.length) / tokens;
  }

  #keepGap(share: number): void {
    const place = this.#gaps < MOST_GAPS ? this.#gaps : this.#random.int(this.#gaps + 1);
    if (place < MOST_GAPS) this.#gapShares[place] = Math.max(share, 1e-3);
    this.#gaps++;
  }

  observations(): Observations {
    const inFlight = inFlightOf(this.#kept);
    const measured = this.#kept.map(({ measured: is }, i) => (is ? i : -1)).filter((i) => i >= 0);
    const column = (name: 'promptTokens' | 'ttftMs' | 'itlMs'): number[] =>
      measured.map((i) => this.#kept[i]![name]);
    return {
      promptTokens: column('promptTokens'),
      inFlight: measured.map((i) => inFlight[i]!),
      ttftMs: column('ttftMs'),
      itlMs: column('itlMs'),
      gapShares: this.#gapShares,
      tokensPerChunk: this.#chunks > 0 ? this.#tokens / this.#chunks : 1,
      gapsPerStream: this.#streams > 0 ? this.#gaps / this.#streams : 1,
    };
  }
}

/** Requests under way when each one was sent, itself among them. */
function inFlightOf(kept: readonly Kept[]): Float64Array {
  const starts = kept.map((_, i) => i).sort((a, b) => kept[a]!.atMs - kept[b]!.atMs);
  const ends = kept.map(({ endMs }) => endMs).sort((a, b) => a - b);
  const inFlight = new Float64Array(kept.length);
  let ended = 0;
  for (const [sent, i] of starts.entries()) {
    while (ended < ends.length && ends[ended]! <= kept[i]!.atMs) ended++;
    inFlight[i] = sent + 1 - ended;
  }
  return inFlight;
}
