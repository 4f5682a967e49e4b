/** Histograms of the requests that an engine served, with vLLM's bounds; in seconds and tokens. */

import { BucketHistogram } from '../../lib/bucket-histogram.js';
import type { Sequence } from './sequence.js';
import type { StepRun } from './step-run.js';
import type { FinishReason } from './types.js';

const TTFT_S = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
];
const TOKEN_S = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];
const LATENCY_S = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];
const CHOICES = [1, 2, 5, 10, 20];
/** 1, 2, 5, 10 … up to what the longest contexts hold. vLLM ends at the model's context length. */
const TOKENS = Array.from({ length: 19 }, (_, i) => [1, 2, 5][i % 3]! * 10 ** Math.floor(i / 3));

/** Why a request ended, in vLLM's words. */
export type FinishedReason = 'stop' | 'length' | 'abort' | 'error';

/** Totals of one replica since the start. */
export class RequestMeters {
  readonly ttftS = new BucketHistogram(TTFT_S);
  readonly itlS = new BucketHistogram(TOKEN_S);
  readonly e2eS = new BucketHistogram(LATENCY_S);
  readonly queueS = new BucketHistogram(LATENCY_S);
  readonly prefillS = new BucketHistogram(LATENCY_S);
  readonly decodeS = new BucketHistogram(LATENCY_S);
  readonly inferenceS = new BucketHistogram(LATENCY_S);
  readonly timePerOutputTokenS = new BucketHistogram(TOKEN_S);
  readonly promptTokens = new BucketHistogram(TOKENS);
  readonly generationTokens = new BucketHistogram(TOKENS);
  readonly maxTokens = new BucketHistogram(TOKENS);
  readonly choices = new BucketHistogram(CHOICES);
  readonly finished: Record<FinishedReason, number> = { stop: 0, length: 0, abort: 0, error: 0 };
  /** Tokens of prompts that are through, those from the cache among them, and of answers. */
  readonly tokens = { prompt: 0, cached: 0, generated: 0 };

  /** Tokens of a sequence came out of one step: the first ones, or after a gap, which counts once as in vLLM. */
  step(sequence: Sequence, tokens: number, atMs: number): void {
    this.tokens.generated += tokens;
    if (sequence.firstTokenMs < 0) {
      this.ttftS.observe((atMs - sequence.submittedMs) / 1000);
      this.#prompt(sequence);
    } else this.itlS.observe((atMs - sequence.lastTokenMs) / 1000);
    sequence.lastTokenMs = atMs;
  }

  #prompt({ request, cachedTokens, internal }: Sequence): void {
    if (internal) return;
    this.tokens.prompt += request.promptTokens;
    this.tokens.cached += cachedTokens;
  }

  /** The gaps before the tokens of steps `from + 1 … to` of a run, of so many sequences in step with it. */
  run(run: StepRun, from: number, to: number, sequences: number): void {
    if (sequences === 0) return;
    const { itlS } = this;
    const first = itlS.bucketOf((run.endOf(from + 1) - run.endOf(from)) / 1000);
    const last = itlS.bucketOf((run.endOf(to) - run.endOf(to - 1)) / 1000);
    if (first === last) {
      const sumS = (run.endOf(to) - run.endOf(from)) / 1000;
      itlS.addTo(first, sequences * (to - from), sequences * sumS);
      return;
    }
    for (let step = from + 1; step <= to; step++) {
      itlS.observe((run.endOf(step) - run.endOf(step - 1)) / 1000, sequences);
    }
  }

  /** A sequence ended; those that never ran have no phases. */
  ended(sequence: Sequence, reason: FinishReason, atMs: number): void {
    const { request, generated, firstScheduledMs, firstTokenMs } = sequence;
    if (sequence.internal) return;
    this.finished[finishedReason(sequence, reason)]++;
    if (reason === 'completed' && firstTokenMs < 0) this.#prompt(sequence);
    this.e2eS.observe((atMs - sequence.submittedMs) / 1000);
    this.promptTokens.observe(request.promptTokens);
    this.generationTokens.observe(generated);
    this.maxTokens.observe(request.maxTokens ?? request.outputTokens);
    this.choices.observe(request.choices ?? 1);
    if (firstScheduledMs < 0) return;
    this.queueS.observe((firstScheduledMs - sequence.submittedMs) / 1000);
    this.inferenceS.observe((atMs - firstScheduledMs) / 1000);
    if (firstTokenMs < 0) return;
    this.prefillS.observe((firstTokenMs - firstScheduledMs) / 1000);
    this.decodeS.observe((sequence.lastTokenMs - firstTokenMs) / 1000);
    if (generated > 1) {
      this.timePerOutputTokenS.observe((sequence.lastTokenMs - firstTokenMs) / 1000 / (generated - 1));
    }
  }
}

function finishedReason({ request, generated }: Sequence, reason: FinishReason): FinishedReason {
  if (reason === 'aborted') return 'abort';
  if (reason === 'replica_failed') return 'error';
  return generated >= (request.maxTokens ?? request.outputTokens) ? 'length' : 'stop';
}
