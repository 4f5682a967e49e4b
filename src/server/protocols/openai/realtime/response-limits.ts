/** What the rate limits of a session's key say about a response. */
import { estimatedTokens } from '../../../limits/limited.js';
import { rateRefusal } from '../../../limits/rate-headers.js';
import type { BucketState } from '../../../limits/rate-limiter.js';
import type { ApiError } from '../errors.js';
import type { SessionCore } from './core.js';
import { chatBody, type ResponsePlan } from './response-plan.js';

/** See {@link rateLimitsFor}. */
export interface ResponseLimits {
  /** As `rate_limits.updated` has them. */
  shown: object[];
  refusal: ApiError | undefined;
}

/** Takes a response out of what the key is allowed. Without limits there is nothing to show. */
export function rateLimitsFor({ context, apiKey }: SessionCore, plan: ResponsePlan): ResponseLimits {
  const { rateLimits, clock } = context;
  if (!rateLimits) return { shown: [], refusal: undefined };
  const tokens = estimatedTokens(JSON.stringify(chatBody(plan, plan.input)));
  const decision = rateLimits.take({ apiKey, kind: 'text', model: plan.model }, tokens, clock.nowMs());
  const shown = [...bucket('requests', decision.requests), ...bucket('tokens', decision.tokens)];
  return { shown, refusal: rateRefusal(decision, tokens, plan.model) };
}

const bucket = (name: string, state: BucketState | undefined): object[] =>
  state
    ? [{ name, limit: state.limit, remaining: state.remaining, reset_seconds: state.resetMs / 1000 }]
    : [];
