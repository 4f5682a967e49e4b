/** Parts of a trace, and instants finer than they were recorded. */
import { FakeaiError } from '../../lib/errors.js';
import { createRandom } from '../../lib/random.js';
import type { Trace, TraceSource } from '../plan.js';
import { takeRows } from './columns.js';

/** Bounds on tokens, both included. */
interface Bounds {
  min?: number;
  max?: number;
}

/** Which rows of a trace are played. */
export interface Selection {
  /** Milliseconds since the first row; the row at this instant is included. */
  fromMs?: number | undefined;
  /** Milliseconds since the first row; the row at this instant is not included. */
  toMs?: number | undefined;
  inputTokens?: Bounds | undefined;
  outputTokens?: Bounds | undefined;
}

const within = (value: number, { min = 0, max = Number.POSITIVE_INFINITY }: Bounds): boolean =>
  value >= min && value <= max;

const isBounded = (bounds: Bounds | undefined): bounds is Bounds =>
  bounds !== undefined && (bounds.min !== undefined || bounds.max !== undefined);

/**
 * The rows of a trace that are within a time and within lengths. A cut at the beginning makes its instant the start:
 * a row 5 s behind `fromMs` is sent 5 s after the start of the run.
 *
 * @throws FakeaiError FAKEAI_DATA_UNUSABLE if no row is left
 */
export function selectRows(trace: Trace, selection: Selection): Trace {
  const { fromMs, toMs, inputTokens, outputTokens } = selection;
  const declared: Partial<TraceSource> = {
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
    ...(isBounded(inputTokens) && { inputTokens }),
    ...(isBounded(outputTokens) && { outputTokens }),
  };
  if (Object.keys(declared).length === 0) return trace;
  const rows: number[] = [];
  for (let row = 0; row < trace.instantMs.length; row++) {
    const instantMs = trace.instantMs[row]!;
    if (instantMs < (fromMs ?? 0) || instantMs >= (toMs ?? Number.POSITIVE_INFINITY)) continue;
    if (!within(trace.inputTokens[row]!, inputTokens ?? {})) continue;
    if (within(trace.outputTokens[row]!, outputTokens ?? {})) rows.push(row);
  }
  if (rows.length === 0) {
    const problem = 'has no rows within the times and lengths that are to be played';
    throw new FakeaiError('FAKEAI_DATA_UNUSABLE', { path: trace.source.path, problem });
  }
  const taken = takeRows(trace, Uint32Array.from(rows));
  for (let row = 0; row < rows.length; row++) taken.instantMs[row]! -= fromMs ?? 0;
  return { ...taken, source: { ...trace.source, ...declared } };
}

/**
 * Spreads instants that were recorded in whole steps (seconds, say) evenly at random over the step that they stand for,
 * so that a replay does not send a second's requests all at once. The order of rows stays the same.
 *
 * @param trace - its instants must be multiples of the step
 * @param stepMs - above 0
 * @param seed - decides the new instants
 * @throws FakeaiError FAKEAI_DATA_UNUSABLE if instants are not multiples of the step: spreading them would bend the trace
 */
export function dequantize(trace: Trace, stepMs: number, seed: number): Trace {
  const { instantMs, source } = trace;
  const spread = new Float64Array(new SharedArrayBuffer(instantMs.length * 8));
  const random = createRandom(seed, 'dequantize');
  for (let start = 0; start < instantMs.length;) {
    const instant = instantMs[start]!;
    const steps = instant / stepMs;
    if (Math.abs(steps - Math.round(steps)) * stepMs > 1e-3) {
      const problem = `has instants that are no multiples of ${stepMs} ms after the first, such as ${instant} ms`;
      throw new FakeaiError('FAKEAI_DATA_UNUSABLE', { path: source.path, problem });
    }
    let end = start;
    while (end < instantMs.length && instantMs[end] === instant) {
      spread[end] = instant + random.next() * stepMs;
      end++;
    }
    spread.subarray(start, end).sort();
    start = end;
  }
  return { ...trace, instantMs: spread, source: { ...source, dequantizedMs: stepMs } };
}
