/** Rate limits as OpenAI and Anthropic say them: headers of every limited answer, and the refusal. */
import { ApiError } from '../protocols/openai/errors.js';
import type { BucketState, RateDecision } from './rate-limiter.js';

/** Lines, each ended by CRLF, for a decision at a wall-clock instant. */
export type RateHeaderWriter = (decision: RateDecision, wallMs: number) => string;

/** `x-ratelimit-*` lines, each ended by CRLF. */
export const rateHeaders = ({ requests, tokens }: RateDecision): string =>
  lines('requests', requests) + lines('tokens', tokens);

const lines = (name: string, state: BucketState | undefined): string =>
  state === undefined
    ? ''
    : `x-ratelimit-limit-${name}: ${state.limit}\r\nx-ratelimit-remaining-${name}: ${state.remaining}\r\n` +
      `x-ratelimit-reset-${name}: ${resetText(state.resetMs)}\r\n`;

/** `anthropic-ratelimit-*` lines, which say until when, not how long. */
export const anthropicRateHeaders: RateHeaderWriter = ({ requests, tokens }, wallMs) =>
  untilLines('requests', requests, wallMs) + untilLines('tokens', tokens, wallMs);

function untilLines(name: string, state: BucketState | undefined, wallMs: number): string {
  if (!state) return '';
  const prefix = `anthropic-ratelimit-${name}`;
  // In whole seconds, rounded up: then it is full.
  const reset = new Date(Math.ceil((wallMs + state.resetMs) / 1000) * 1000).toISOString();
  return `${prefix}-limit: ${state.limit}\r\n${prefix}-remaining: ${state.remaining}\r\n${prefix}-reset: ${reset.replace('.000', '')}\r\n`;
}

/** As Go writes durations, which is what OpenAI sends: `59ms`, `1.5s`, `6m0s`, `23h59m1s`. */
export function resetText(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms) / 1000;
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const rest = `${minutes % 60}m${Number((seconds - minutes * 60).toFixed(3))}s`;
  return hours === 0 ? rest : `${hours}h${rest}`;
}

const PER = { minute: ['per min', 'M'], day: ['per day', 'D'] } as const;

/**
 * What is answered to a request that is one too many; undefined when it is not.
 *
 * @param model - may be empty
 */
export function rateRefusal(
  decision: RateDecision,
  requestedTokens: number,
  model: string,
): ApiError | undefined {
  const { refused } = decision;
  if (!refused) return undefined;
  const { bucket, retryMs } = refused;
  const { limit, per, remaining } = decision[bucket]!;
  const requested = bucket === 'requests' ? 1 : requestedTokens;
  const [name, letter] = PER[per];
  const unit = `${bucket} ${name} (${bucket === 'requests' ? 'R' : 'T'}P${letter})`;
  const asked = model === '' ? '' : ` for ${model} in organization fakeai`;
  const base = { status: 429, type: bucket, code: 'rate_limit_exceeded' };
  if (retryMs === Infinity) {
    return new ApiError({
      ...base,
      message: `Request too large${asked} on ${unit}: Limit ${limit}, Requested ${requested}. The input or output tokens must be reduced in order to run successfully.`,
      headers: 'x-should-retry: false\r\n',
    });
  }
  return new ApiError({
    ...base,
    message: `Rate limit reached${asked} on ${unit}: Limit ${limit}, Used ${limit - remaining}, Requested ${requested}. Please try again in ${resetText(retryMs)}.`,
    headers: `retry-after: ${Math.ceil(retryMs / 1000)}\r\nretry-after-ms: ${Math.ceil(retryMs)}\r\n`,
  });
}
