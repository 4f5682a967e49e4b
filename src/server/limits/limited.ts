/** Which requests count towards the rate limits, and for how many tokens. */
import type { ThreadContext } from '../context.js';
import type { ApiError } from '../protocols/openai/errors.js';
import type { Route } from '../routing/route.js';
import { rateHeaders, type RateHeaderWriter, rateRefusal } from './rate-headers.js';

/** Operations that a model works for. */
const LIMITED = new Set([
  'createChatCompletion',
  'createCompletion',
  'createResponse',
  'createEmbedding',
  'createModeration',
  'createImage',
  'createImageEdit',
  'createImageVariation',
  'createSpeech',
  'createTranscription',
  'createTranslation',
  'anthropicCreateMessage',
  'createRanking',
  'cohereRerank',
  'jinaRerank',
]);

/** Bytes of a body that are counted as a token, as OpenAI estimates before it has counted. */
const BYTES_PER_TOKEN = 4;
const MAX_TOKENS = /"max_(?:completion_|output_)?tokens"\s*:\s*(\d{1,9})/g;

export const isLimited = ({ operationId }: Route): boolean => LIMITED.has(operationId);

/** An estimate: the size of the prompt, and all that it may be answered with. */
function estimatedTokens(body: Buffer): number {
  let longest = 0;
  for (const [, digits] of body.toString('latin1').matchAll(MAX_TOKENS))
    longest = Math.max(longest, Number(digits));
  return Math.ceil(body.length / BYTES_PER_TOKEN) + longest;
}

/**
 * Takes a request out of what its API key is allowed.
 *
 * @param apiKey - who asks
 * @param write - the protocol's names of the headers
 * @returns header lines of the answer, and what is answered when it is one too many
 */
export function takeFromLimits(
  { rateLimits, options, clock }: Pick<ThreadContext, 'rateLimits' | 'options' | 'clock'>,
  apiKey: string | undefined,
  body: Buffer,
  write: RateHeaderWriter = rateHeaders,
): { headers: string; refusal: ApiError | undefined } {
  if (!rateLimits) return { headers: '', refusal: undefined };
  const tokens = options.rateLimitTpm === undefined ? 0 : estimatedTokens(body);
  const decision = rateLimits.take(apiKey ?? '', tokens, clock.nowMs());
  return { headers: write(decision, clock.wallMs()), refusal: rateRefusal(decision, tokens) };
}
