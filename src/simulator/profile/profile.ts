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
  /** What the largest values follow in place of that. */
  readonly tail?: ParetoTail;
}

/**
 * The largest values, where a lognormal distribution would be too light: P(X > x) = share · (start / x)^alpha, with the
 * quantile of 1 - share as the start.
 */
export interface ParetoTail {
  /** Of all values: above 0, below 0.5. */
  readonly share: number;
  /** The lower, the heavier; above 1, so that there is a mean. */
  readonly alpha: number;
  /** Nothing is longer than this, in milliseconds. Default: a minute. */
  readonly mostMs?: number;
}

/** How a time depends on the length of the prompt. */
export interface PromptDependence {
  /** Added for every prompt token more than `promptTokens` (taken away for every one less), in milliseconds. Default 0. */
  readonly perPromptTokenMs?: number;
}

/** How times depend on the requests in flight: factors, linear between points, the last two points' slope beyond them. */
export interface LoadCurve {
  /** Ascending; two at least. */
  readonly inFlight: readonly number[];
  /** On the time to the first token. */
  readonly ttft: readonly number[];
  /** On the time between tokens. */
  readonly itl: readonly number[];
}

/** Everything at one number of requests in flight, where the shape of the distributions depends on it and not only their place. */
export interface LoadLevel {
  readonly inFlight: number;
  readonly ttft: Quantiles & PromptDependence;
  /** In all levels or in none. */
  readonly itl?: Quantiles & PromptDependence & StreamPace;
}

/** How streams differ from each other. */
export interface StreamPace {
  /** Standard deviation of the logarithm of a stream's own pace: some streams are slower from beginning to end. Default 0. */
  readonly streamSigma?: number;
}

/** Parts of a profile that have an origin of their own. */
export type ProfilePart = 'ttft' | 'itl' | 'tail' | 'promptLength' | 'load';

/** One service of one model. */
export interface LatencyProfile {
  readonly format: 'fakeai-profile-1';
  readonly name: string;
  /** Who measured what, and when. */
  readonly source: string;
  /** Where each part comes from: measured, published, computed or assumed. */
  readonly origins?: Partial<Readonly<Record<ProfilePart, string>>>;
  /** Length of the prompts that were measured, tokens. Default: that of each request, so that length makes no difference. */
  readonly promptTokens?: number;
  /** Requests in flight when it was measured. Default 1. */
  readonly concurrency?: number;
  readonly ttft: Quantiles & PromptDependence;
  /** Time between tokens; without it the server's `itl` and `jitter` hold. */
  readonly itl?: Quantiles &
    PromptDependence &
    StreamPace & {
      /** Tokens that come at once, on average. Default 1. */
      readonly tokensPerChunk?: number;
    };
  /** Absent: a fleet that does not notice one client. */
  readonly load?: LoadCurve;
  /** Ascending; take the place of `ttft`, `load`, and all of `itl` but `tokensPerChunk`. */
  readonly levels?: readonly LoadLevel[];
}
