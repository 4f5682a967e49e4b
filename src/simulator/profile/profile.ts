/** A service as somebody measured it: how long until the first token, and between tokens. Not why. */

/**
 * A distribution by its quantiles: `ms[i]` is the value at or below which a share `at[i]` of all values lie. Both ascend.
 * Between two quantiles and beyond the outermost ones the logarithm of the value is linear in the normal score of the share,
 * so that two quantiles are a lognormal distribution and more of them can have a heavier tail.
 */
export interface Quantiles {
  /** Above 0 and below 1; two at least. */
  readonly at: readonly number[];
  /** Milliseconds, above 0. */
  readonly ms: readonly number[];
}

/** How a time depends on what else there is. */
export interface Dependence {
  /** Length of the prompts that were measured, tokens. */
  readonly promptTokens?: number;
  /** Added for every prompt token more than that (taken away for every one less), in milliseconds. */
  readonly perPromptTokenMs?: number;
  /** Requests in flight when it was measured. Default 1. */
  readonly concurrency?: number;
  /** Share of the time that every further request in flight adds. Default 0: a vendor's fleet does not notice one client. */
  readonly perRequestShare?: number;
}

/** One service of one model. */
export interface LatencyProfile {
  readonly format: 'fakeai-profile-1';
  readonly name: string;
  /** Who measured what, and when. */
  readonly source: string;
  readonly ttft: Quantiles & Dependence;
  /** Time between tokens; without it the server's `itl` and `jitter` hold. */
  readonly itl?: Quantiles &
    Pick<Dependence, 'concurrency' | 'perRequestShare'> & {
      /** Standard deviation of the logarithm of a stream's own pace: some streams are slower from beginning to end. Default 0. */
      readonly streamSigma?: number;
      /** Tokens that come at once. Default 1. */
      readonly tokensPerChunk?: number;
    };
}
