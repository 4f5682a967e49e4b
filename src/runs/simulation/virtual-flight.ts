/** Simulated requests that have ended, in objects that are used again: each instant of a new one would be a piece of garbage. */
import type { CompletedRequest } from '../../engine/request-values.js';
import type { RequestOutline } from '../../workloads/outlines.js';
import type { FlightNumbers } from './flight-rows.js';

/** A request that has ended. Of use until the next one ends. */
export interface VirtualFlight extends FlightNumbers {
  request: RequestOutline;
  /** The instant of each chunk, if requests are written down. */
  chunkMs: readonly number[] | undefined;
}

/** To be filled in. */
export const noFlight = (): VirtualFlight => ({
  request: { index: -1, intendedMs: undefined, inputTokens: 0, outputTokens: 0, blockHashes: [] },
  chunkMs: undefined,
  intendedMs: Number.NaN,
  sentMs: Number.NaN,
  measured: false,
  firstMs: Number.NaN,
  lastMs: Number.NaN,
  secondMs: Number.NaN,
  longestGapMs: Number.NaN,
  chunks: 0,
});

/** To be filled in, but for what a simulation knows nothing of: a real server's first byte, sound, attempts. */
export const noCompletion = (): CompletedRequest => ({
  intendedMs: Number.NaN,
  sentMs: Number.NaN,
  firstSentMs: Number.NaN,
  firstByteMs: Number.NaN,
  firstEventMs: Number.NaN,
  firstSoundMs: Number.NaN,
  soundStallMs: Number.NaN,
  soundSeconds: Number.NaN,
  firstTextMs: Number.NaN,
  secondTextMs: Number.NaN,
  lastTextMs: Number.NaN,
  firstAnswerMs: Number.NaN,
  longestGapMs: Number.NaN,
  chunks: 0,
  endMs: Number.NaN,
  inputTokens: 0,
  outputTokens: 0,
  reasoningTokens: Number.NaN,
  cachedTokens: 0,
  tokenizedTokens: Number.NaN,
});
