/** Which requests count towards the rate limits, and for how many tokens. */
import type { ThreadContext } from '../context.js';
import type { ApiError } from '../protocols/openai/errors.js';
import type { Route } from '../routing/route.js';
import { rateHeaders, type RateHeaderWriter, rateRefusal } from './rate-headers.js';
import type { LimitKind } from './tiers.js';

/** Operations that a model works for, and its kind. */
const LIMITED: ReadonlyMap<string | undefined, LimitKind> = new Map<string | undefined, LimitKind>([
  ['createChatCompletion', 'text'],
  ['createCompletion', 'text'],
  ['createResponse', 'text'],
  ['anthropicCreateMessage', 'text'],
  ['createEmbedding', 'embeddings'],
  ['createRanking', 'embeddings'],
  ['cohereRerank', 'embeddings'],
  ['jinaRerank', 'embeddings'],
  ['createModeration', 'moderations'],
  ['createImage', 'media'],
  ['createImageEdit', 'media'],
  ['createImageVariation', 'media'],
  ['createSpeech', 'media'],
  ['createTranscription', 'media'],
  ['createTranslation', 'media'],
  ['createVideo', 'media'],
]);

/** Bytes of a body that are counted as a token, as OpenAI estimates before it has counted. */
const BYTES_PER_TOKEN = 4;
const MAX_TOKENS = /"max_(?:completion_|output_)?tokens"\s*:\s*(\d{1,9})/g;
/** In JSON, or as a part of a form. */
const MODEL = /"model"\s*:\s*"([^"\\]{1,256})"|name="model"\r\n\r\n([^\r\n]{1,256})/;

/** Undefined where requests are not limited. */
export const limitKindOf = ({ operationId }: Route): LimitKind | undefined => LIMITED.get(operationId);

/** An estimate: the size of the prompt, and all that it may be answered with. */
export function estimatedTokens(body: string): number {
  let longest = 0;
  for (const [, digits] of body.matchAll(MAX_TOKENS)) longest = Math.max(longest, Number(digits));
  return Math.ceil(body.length / BYTES_PER_TOKEN) + longest;
}

function modelIn(body: string): string {
  const [, inJson, inForm] = MODEL.exec(body) ?? [];
  return inJson ?? inForm ?? '';
}

/**
 * Takes a request out of what its API key is allowed to ask of its model.
 *
 * @param apiKey - who asks
 * @param write - the protocol's names of the headers
 * @returns header lines of the answer, and what is answered when it is one too many
 */
export function takeFromLimits(
  { rateLimits, clock }: Pick<ThreadContext, 'rateLimits' | 'clock'>,
  apiKey: string | undefined,
  kind: LimitKind,
  body: Buffer,
  write: RateHeaderWriter = rateHeaders,
): { headers: string; refusal: ApiError | undefined } {
  if (!rateLimits) return { headers: '', refusal: undefined };
  // Each character is a byte.
  const text = body.toString('latin1');
  const tokens = estimatedTokens(text);
  const model = modelIn(text);
  const decision = rateLimits.take({ apiKey: apiKey ?? '', kind, model }, tokens, clock.nowMs());
  return { headers: write(decision, clock.wallMs()), refusal: rateRefusal(decision, tokens, model) };
}
