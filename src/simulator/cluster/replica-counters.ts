/** What a replica's engine has done, for the metric dialects. */

import type { StepActivity, StepBatch } from './cost.js';

/** Upper bounds of vLLM's `iteration_tokens_total` histogram. */
export const ITERATION_TOKEN_BUCKETS = [
  1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
] as const;

/** Totals since the start; times are milliseconds of engine steps. */
export class ReplicaCounters {
  steps = 0;
  busyMs = 0;
  /** Integrals of the activity ratios over the busy time. */
  tensorMs = 0;
  memoryMs = 0;
  interconnectBytes = 0;
  prefillTokens = 0;
  decodeTokens = 0;
  /** Steps per bucket of computed tokens; the last place counts those above all bounds. Not cumulative. */
  readonly iterationTokens = new Float64Array(ITERATION_TOKEN_BUCKETS.length + 1);

  /** Counts equal steps. */
  add(batch: StepBatch, steps: number, durationMs: number, activity: StepActivity): void {
    let prefill = 0;
    for (const chunk of batch.prefills) prefill += chunk.newTokens;
    const tokens = prefill + batch.decodeTokens;
    let bucket = 0;
    while (bucket < ITERATION_TOKEN_BUCKETS.length && tokens > ITERATION_TOKEN_BUCKETS[bucket]!) bucket++;
    this.iterationTokens[bucket]! += steps;
    this.steps += steps;
    this.busyMs += durationMs;
    this.tensorMs += activity.tensor * durationMs;
    this.memoryMs += activity.memory * durationMs;
    this.interconnectBytes += activity.interconnectBytes * steps;
    this.prefillTokens += prefill * steps;
    this.decodeTokens += batch.decodeTokens * steps;
  }
}
