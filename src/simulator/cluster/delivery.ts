/** Hands tokens and ends to everyone who listens to a sequence, and keeps the totals. */

import type { QueueDepth } from './queue-depth.js';
import type { RequestMeters } from './request-meters.js';
import type { Sequence } from './sequence.js';
import type { StepRun } from './step-run.js';
import type { ClusterSink, FinishReason, RejectReason } from './types.js';

/** Totals since the start. Tokens count what was computed; a coalesced request is counted where it finished. */
export interface ClusterTotals {
  submitted: number;
  coalesced: number;
  completed: number;
  aborted: number;
  failed: number;
  rejected: Record<RejectReason, number>;
  requeued: number;
  promptTokens: number;
  cachedTokens: number;
  generatedTokens: number;
}

/** Moments that the router and the cluster need to know. */
export interface SequenceObserver {
  firstToken(sequence: Sequence, atMs: number): void;
  ended(sequence: Sequence, reason: FinishReason, atMs: number): void;
}

export class Delivery {
  readonly totals: ClusterTotals = {
    submitted: 0,
    coalesced: 0,
    completed: 0,
    aborted: 0,
    failed: 0,
    rejected: { queue_full: 0, context_too_long: 0, unavailable: 0 },
    requeued: 0,
    promptTokens: 0,
    cachedTokens: 0,
    generatedTokens: 0,
  };

  /** Requests that get the tokens of the run being delivered: the first so many, as an emptied array would lose its memory. */
  readonly #inRun: number[] = [];
  #inRunCount = 0;

  constructor(
    readonly sink: ClusterSink,
    readonly observer: SequenceObserver,
    /** By replica; empty when nobody looks at them. */
    readonly meters: readonly RequestMeters[],
    readonly depth: QueueDepth,
  ) {}

  metersOf(replica: number): RequestMeters | undefined {
    return this.meters[replica];
  }

  firstScheduled(sequence: Sequence, atMs: number): void {
    const { cachedTokens, replica } = sequence;
    if (sequence.listener >= 0) this.sink.onFirstScheduled(sequence.listener, atMs, cachedTokens, replica);
    else for (const id of sequence.listeners) this.sink.onFirstScheduled(id, atMs, cachedTokens, replica);
  }

  /** Adds a listener, which gets what has been produced so far in one piece. */
  join(sequence: Sequence, id: number, atMs: number): void {
    this.totals.coalesced++;
    sequence.addListener(id);
    if (sequence.firstScheduledMs >= 0) {
      this.sink.onFirstScheduled(id, atMs, sequence.cachedTokens, sequence.replica);
    }
    if (sequence.generated > 0) this.sink.onTokens(id, sequence.generated, atMs);
  }

  tokens(sequence: Sequence, count: number, atMs: number): void {
    const first = sequence.generated === 0;
    sequence.generated += count;
    this.totals.generatedTokens += count;
    if (sequence.listener >= 0) this.sink.onTokens(sequence.listener, count, atMs);
    else for (const id of sequence.listeners) this.sink.onTokens(id, count, atMs);
    const meters = this.meters[sequence.replica];
    if (meters) {
      meters.step(sequence, count, atMs);
      sequence.lastTokenMs = atMs;
    }
    if (first) {
      sequence.firstTokenMs = atMs;
      this.#countPrompt(sequence);
      this.observer.firstToken(sequence, atMs);
    }
  }

  /** A sequence takes part in steps of a run, one token in each; {@link run} tells its listeners, and the replica meters the gaps. */
  inRun(sequence: Sequence, steps: number): void {
    sequence.generated += steps;
    this.totals.generatedTokens += steps;
    if (sequence.listener >= 0) this.#inRun[this.#inRunCount++] = sequence.listener;
    else for (const id of sequence.listeners) this.#inRun[this.#inRunCount++] = id;
  }

  /** Steps `from + 1 … to` of a run have brought one token each to all who were {@link inRun} since the last call. */
  run(from: number, to: number, run: StepRun): void {
    const ids = this.#inRun;
    if (ids.length > this.#inRunCount) ids.length = this.#inRunCount;
    this.#inRunCount = 0;
    if (this.sink.onTokenRun) {
      if (ids.length > 0) this.sink.onTokenRun(ids, from, to, run);
    } else {
      for (const id of ids)
        for (let step = from + 1; step <= to; step++) this.sink.onTokens(id, 1, run.endOf(step));
    }
  }

  /** The step that a sequence was in is lost. */
  interrupted(sequence: Sequence, atMs: number): void {
    if (this.sink.onInterrupted) for (const id of sequence.listeners) this.sink.onInterrupted(id, atMs);
  }

  finish(sequence: Sequence, reason: FinishReason, atMs: number): void {
    sequence.state = 'done';
    if (reason === 'completed' && sequence.firstTokenMs < 0) this.#countPrompt(sequence);
    if (sequence.listener >= 0) this.finishOne(sequence, sequence.listener, reason, atMs);
    else for (const id of sequence.listeners) this.finishOne(sequence, id, reason, atMs);
    this.meters[sequence.replica]?.ended(sequence, reason, atMs);
    this.observer.ended(sequence, reason, atMs);
  }

  #countPrompt(sequence: Sequence): void {
    if (sequence.internal) return;
    this.totals.promptTokens += sequence.request.promptTokens;
    this.totals.cachedTokens += sequence.cachedTokens;
  }

  /** Ends one listener of a sequence. */
  finishOne(sequence: Sequence, id: number, reason: FinishReason, atMs: number): void {
    if (reason === 'completed') this.totals.completed++;
    else if (reason === 'aborted') this.totals.aborted++;
    else this.totals.failed++;
    this.sink.onFinish(id, reason, atMs, sequence.usage());
  }

  reject(id: number, reason: RejectReason, atMs: number): void {
    this.totals.rejected[reason]++;
    this.sink.onReject(id, reason, atMs);
  }
}
