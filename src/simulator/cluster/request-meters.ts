/** Histograms of the requests that an engine served, in seconds and tokens. */

import { BucketHistogram } from '../../lib/bucket-histogram.js';
import { COUNTED } from '../telemetry/bounds.js';
import type { Sequence } from './sequence.js';
import type { StepRun } from './step-run.js';
import type { FinishReason } from './types.js';

/** Why a request ended, in vLLM's words. */
export type FinishedReason = 'stop' | 'length' | 'abort' | 'error';

/** Bounds of each histogram. */
export const REQUEST_BOUNDS = {
  ttftS: COUNTED.ttftS,
  itlS: COUNTED.itlS,
  e2eS: COUNTED.e2eS,
  queueS: COUNTED.phaseS,
  prefillS: COUNTED.phaseS,
  decodeS: COUNTED.phaseS,
  inferenceS: COUNTED.phaseS,
  timePerOutputTokenS: COUNTED.timePerOutputTokenS,
  promptTokens: COUNTED.promptTokens,
  computedTokens: COUNTED.maxTokens,
  generationTokens: COUNTED.generationTokens,
  maxTokens: COUNTED.maxTokens,
  choices: COUNTED.choices,
} as const;

/** Name of a histogram. */
export type RequestHistogram = keyof typeof REQUEST_BOUNDS;

/** Totals of one replica since the start. */
export class RequestMeters implements Record<RequestHistogram, BucketHistogram> {
  readonly ttftS = new BucketHistogram(REQUEST_BOUNDS.ttftS);
  readonly itlS = new BucketHistogram(REQUEST_BOUNDS.itlS);
  readonly e2eS = new BucketHistogram(REQUEST_BOUNDS.e2eS);
  readonly queueS = new BucketHistogram(REQUEST_BOUNDS.queueS);
  readonly prefillS = new BucketHistogram(REQUEST_BOUNDS.prefillS);
  readonly decodeS = new BucketHistogram(REQUEST_BOUNDS.decodeS);
  readonly inferenceS = new BucketHistogram(REQUEST_BOUNDS.inferenceS);
  readonly timePerOutputTokenS = new BucketHistogram(REQUEST_BOUNDS.timePerOutputTokenS);
  readonly promptTokens = new BucketHistogram(REQUEST_BOUNDS.promptTokens);
  readonly computedTokens = new BucketHistogram(REQUEST_BOUNDS.computedTokens);
  readonly generationTokens = new BucketHistogram(REQUEST_BOUNDS.generationTokens);
  readonly maxTokens = new BucketHistogram(REQUEST_BOUNDS.maxTokens);
  readonly choices = new BucketHistogram(REQUEST_BOUNDS.choices);
  readonly finished: Record<FinishedReason, number> = { stop: 0, length: 0, abort: 0, error: 0 };
  /**
   * Tokens of prompts that are through, those from the cache among them, and of answers. `recomputed`: last tokens of prompts
   * of which all others were cached; there is no logit without it.
   */
  readonly tokens = { prompt: 0, cached: 0, recomputed: 0, generated: 0 };
  /** Of the first tokens, those of prompts that had something in the cache: how many, their times, and the cached shares of their prompts. */
  readonly found = { count: 0, ttftS: 0, share: 0 };
  /** Of the latest first token, and of the latest gap. */
  readonly last = { ttftS: 0, promptTokens: 0, itlS: 0 };

  /** Tokens of a sequence came out of one step: the first ones, or after a gap, which counts once as in vLLM. */
  step(sequence: Sequence, tokens: number, atMs: number): void {
    this.tokens.generated += tokens;
    if (sequence.firstTokenMs < 0) {
      this.#first(sequence, (atMs - sequence.submittedMs) / 1000);
      this.#prompt(sequence);
    } else {
      this.gap(atMs - sequence.lastTokenMs);
    }
  }

  gap(gapMs: number): void {
    this.itlS.observe(gapMs / 1000);
    this.last.itlS = gapMs / 1000;
  }

  #first({ request, cachedTokens }: Sequence, ttftS: number): void {
    this.ttftS.observe(ttftS);
    if (cachedTokens > 0) {
      this.found.count++;
      this.found.ttftS += ttftS;
      this.found.share += cachedTokens / request.promptTokens;
    }
    this.last.ttftS = ttftS;
    this.last.promptTokens = request.promptTokens;
  }

  #prompt({ request, cachedTokens, internal }: Sequence): void {
    if (internal) return;
    this.tokens.prompt += request.promptTokens;
    this.tokens.cached += cachedTokens;
    if (cachedTokens > 0 && cachedTokens + 1 === request.promptTokens) this.tokens.recomputed++;
  }

  /**
   * Steps `from + 1 … to` of a run have brought one token to each of its sequences.
   *
   * @param inStep - sequences whose token before came at the end of step `from`
   * @param late - the others, whose first gap here is metered apart
   */
  run(run: StepRun, from: number, to: number, inStep: number, late: number): void {
    this.tokens.generated += (inStep + late) * (to - from);
    this.#gaps(run, from, to, inStep);
    if (to > from + 1) this.#gaps(run, from + 1, to, late);
  }

  #gaps(run: StepRun, from: number, to: number, sequences: number): void {
    if (sequences === 0) return;
    const { itlS } = this;
    this.last.itlS = (run.endOf(to) - run.endOf(to - 1)) / 1000;
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
    if (sequence.cachedTokens >= 0) this.computedTokens.observe(request.promptTokens - sequence.cachedTokens);
    this.generationTokens.observe(generated);
    this.maxTokens.observe(request.maxTokens ?? request.outputTokens);
    if (request.choices !== 0) this.choices.observe(request.choices ?? 1);
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
