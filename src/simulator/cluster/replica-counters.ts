/** What a replica's engine has done, for the metric dialects. */

import type { StepActivity, StepBatch } from './cost.js';
import type { Row } from './replica-row.js';

/** Upper bounds of vLLM's `iteration_tokens_total` histogram. */
export const ITERATION_TOKEN_BUCKETS = [
  1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
] as const;

/** Totals since the start; times are milliseconds of engine steps. */
export interface ReplicaTotals {
  readonly steps: number;
  readonly busyMs: number;
  /** Integrals of the activity ratios over the busy time. */
  readonly tensorMs: number;
  readonly memoryMs: number;
  readonly interconnectBytes: number;
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  /** Sequences of all steps: a sequence counts once in each step that computes something of it. */
  readonly sequences: number;
  /** Of the step that had the most. */
  readonly mostSequences: number;
  /** Steps per bucket of computed tokens; the last place counts those above all bounds. Not cumulative. */
  readonly iterationTokens: Float64Array;
}

/** Places of the row; a count for each bucket follows. */
const STEPS = 0;
const BUSY_MS = 1;
const TENSOR_MS = 2;
const MEMORY_MS = 3;
const INTERCONNECT_BYTES = 4;
const PREFILL_TOKENS = 5;
const DECODE_TOKENS = 6;
const SEQUENCES = 7;
const MOST_SEQUENCES = 8;
const ITERATION_TOKENS = 9;
const BUCKETS = ITERATION_TOKEN_BUCKETS.length + 1;

/** Counts them, in a row's numbers. */
export class ReplicaCounters {
  readonly #memory: Float64Array;
  readonly #at: number;

  /** @param row - numbers that nobody else changes */
  constructor({ memory, at }: Row) {
    this.#memory = memory;
    this.#at = at;
  }

  /** A copy. */
  read(): ReplicaTotals {
    const memory = this.#memory;
    const at = this.#at;
    return {
      steps: memory[at + STEPS]!,
      busyMs: memory[at + BUSY_MS]!,
      tensorMs: memory[at + TENSOR_MS]!,
      memoryMs: memory[at + MEMORY_MS]!,
      interconnectBytes: memory[at + INTERCONNECT_BYTES]!,
      prefillTokens: memory[at + PREFILL_TOKENS]!,
      decodeTokens: memory[at + DECODE_TOKENS]!,
      sequences: memory[at + SEQUENCES]!,
      mostSequences: memory[at + MOST_SEQUENCES]!,
      iterationTokens: memory.slice(at + ITERATION_TOKENS, at + ITERATION_TOKENS + BUCKETS),
    };
  }

  /** Counts equal steps. */
  add(batch: StepBatch, steps: number, durationMs: number, activity: Readonly<StepActivity>): void {
    let prefill = 0;
    for (const chunk of batch.prefills) prefill += chunk.newTokens;
    const tokens = prefill + batch.decodeTokens;
    let bucket = 0;
    while (bucket < ITERATION_TOKEN_BUCKETS.length && tokens > ITERATION_TOKEN_BUCKETS[bucket]!) bucket++;
    const memory = this.#memory;
    const at = this.#at;
    memory[at + ITERATION_TOKENS + bucket]! += steps;
    memory[at + STEPS]! += steps;
    memory[at + BUSY_MS]! += durationMs;
    memory[at + TENSOR_MS]! += activity.tensor * durationMs;
    memory[at + MEMORY_MS]! += activity.memory * durationMs;
    memory[at + INTERCONNECT_BYTES]! += activity.interconnectBytes * steps;
    memory[at + PREFILL_TOKENS]! += prefill * steps;
    memory[at + DECODE_TOKENS]! += batch.decodeTokens * steps;
    const sequences = batch.decodeSequences + batch.prefills.length;
    memory[at + SEQUENCES]! += sequences * steps;
    if (sequences > memory[at + MOST_SEQUENCES]!) memory[at + MOST_SEQUENCES] = sequences;
  }
}
