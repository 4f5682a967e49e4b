/** Loads from lower memories while a request waits for its turn, in place of afterwards. */

import type { Scheduler } from './scheduler.js';
import { Sequence } from './sequence.js';

/** Of the KV blocks, what such loads leave to the sequences that run. */
const SPARE = 0.05;

/**
 * Starts to load what a sequence that was queued will need, if it has to wait and there is room for it. What has arrived
 * stays in the cache like anything else, and may be evicted again before its turn.
 *
 * @param stepping - a step is being computed
 */
export function prefetchFor(
  scheduler: Scheduler,
  sequence: Sequence,
  stepping: boolean,
  nowMs: number,
): void {
  const { waiting, running, options, kv } = scheduler;
  const startsNow = !stepping && waiting.size === 1 && running.length < options.maxNumSeqs;
  if (startsNow || sequence.internal || sequence.remoteTokens > 0) return;
  const { promptTokens } = sequence.request;
  const units = Math.min(sequence.units, Math.floor((promptTokens - 1) / kv.options.hashTokens));
  const keys = sequence.keys.subarray(0, 2 * units);
  const ahead = new Sequence({ ...sequence.request, outputTokens: 0 }, keys, sequence.order, true);
  ahead.replica = sequence.replica;
  const spareBlocks = Math.ceil(kv.options.totalBlocks * SPARE);
  if (scheduler.prefetch(ahead, nowMs, spareBlocks) > 0) sequence.prefetch = ahead;
}
