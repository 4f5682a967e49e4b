/** What goes into the simulated cluster and what comes out of it. Instants and durations are milliseconds. */

/** One generation request, as the cluster sees it: sizes and identities, no text. */
export interface ClusterRequest {
  /** Unique among the requests in flight. */
  readonly id: number;
  /** Instant of arrival; only orders requests. The instant handed to `submit` is when the cluster sees it. */
  readonly arrivalMs: number;
  readonly promptTokens: number;
  /** Tokens that will be generated; 0 computes the prompt only. */
  readonly outputTokens: number;
  /** Limit that the client set. Default `outputTokens`: a request that reaches it counts as ended by its length. */
  readonly maxTokens?: number;
  /** Choices that the client asked for (`n`), for metrics: each is a request of its own, all but one of them with 0. Default 1. */
  readonly choices?: number;
  /**
   * Content hashes of the full blocks (`cache.hashTokens` tokens each) of the prompt and, if the caller knows it, of
   * the output after it, in order. A block is identified by (its predecessors, hash); a partial last block has none.
   * Any safe integers.
   */
  readonly blockHashes: ArrayLike<number>;
  /** Content hashes of the pictures, sounds and films of the prompt. Any safe integers. */
  readonly media?: ArrayLike<number>;
  /** Requests of different salts share no blocks (tenant isolation). */
  readonly cacheSalt?: string | number;
  /** Lower runs first under the `priority` policy. Default 0. */
  readonly priority?: number;
  /** Conversation; the router may keep it on one replica. */
  readonly sessionId?: string | number;
  /** Requests in flight with equal keys are computed once, when coalescing is on. */
  readonly coalesceKey?: string;
  /** A predicted output, compared with the real one by the caller. */
  readonly prediction?: OutputPrediction;
}

/** OpenAI's predicted outputs: the prediction is verified like the draft of a speculative decoder. */
export interface OutputPrediction {
  /** Per output token: 1 where the prediction has this token next. */
  readonly matches: ArrayLike<number>;
  /** Tokens of the prediction, for the count of rejected ones. */
  readonly tokens: number;
}

export type RejectReason = 'queue_full' | 'context_too_long' | 'unavailable';
export type FinishReason = 'completed' | 'aborted' | 'replica_failed';

/** What a finished request used. */
export interface RequestUsage {
  readonly promptTokens: number;
  /** Prompt tokens found in the KV cache; at most `promptTokens - 1`. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly acceptedPredictionTokens: number;
  readonly rejectedPredictionTokens: number;
  /** Replica that produced the last token. */
  readonly replica: number;
  readonly preemptions: number;
  /** Instants, for the queue, prefill and decode intervals; negative when the moment never came. */
  readonly queuedMs: number;
  readonly firstScheduledMs: number;
  readonly firstTokenMs: number;
}

/** The instants of a run of equal decode steps: step k (from 1) ends at `endOf(k)`. */
export interface StepTimes {
  endOf(step: number): number;
}

/** Receives what happens. Called in order of time per request; must not call back into the cluster. */
export interface ClusterSink {
  onFirstScheduled(requestId: number, atMs: number, cachedTokens: number, replica: number): void;
  /** `count` tokens at once: more than one with speculation. */
  onTokens(requestId: number, count: number, atMs: number): void;
  /**
   * One token of each of these requests at the end of each step `from + 1 … to` of a run. With this method present, long
   * decodes are reported in one call when the run ends (virtual time: cost per event, not per token); without it every
   * step calls `onTokens` when it is due (live). The list is used again after the call.
   */
  onTokenRun?(requestIds: readonly number[], from: number, to: number, times: StepTimes): void;
  /** The replica crashed: tokens that were foreseen do not come then. What becomes of the request is told apart. */
  onInterrupted?(requestId: number, atMs: number): void;
  onFinish(requestId: number, reason: FinishReason, atMs: number, usage: RequestUsage): void;
  onReject(requestId: number, reason: RejectReason, atMs: number): void;
}
