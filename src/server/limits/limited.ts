/** Which requests count towards the rate limits, and for how many tokens. */
import type { HttpRequest } from '../http/parser.js';
import type { Route } from '../routing/route.js';

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
]);

/** Bytes of a body that are counted as a token, as OpenAI estimates before it has counted. */
const BYTES_PER_TOKEN = 4;
const MAX_TOKENS = /"max_(?:completion_|output_)?tokens"\s*:\s*(\d{1,9})/g;

export const isLimited = ({ operationId }: Route): boolean => LIMITED.has(operationId);

/** An estimate: the size of the prompt, and all that it may be answered with. */
export function estimatedTokens({ body }: HttpRequest): number {
  let longest = 0;
  for (const [, digits] of body.toString('latin1').matchAll(MAX_TOKENS))
    longest = Math.max(longest, Number(digits));
  return Math.ceil(body.length / BYTES_PER_TOKEN) + longest;
}

/** Who asks. */
export const limitKey = ({ head }: HttpRequest): string => head.headers.get('authorization') ?? '';
