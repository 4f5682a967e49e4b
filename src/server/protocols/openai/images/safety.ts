/** What image models refuse to draw. */
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { moderateText } from '../../../../simulator/moderation/moderate.js';
import type { Category } from '../../../../simulator/moderation/rules.js';
import { ApiError } from '../errors.js';
import { familyOf } from './sizes.js';

/** Categories in which a prompt is refused; violence that is not graphic is drawn. */
const REFUSED: readonly Category[] = [
  'sexual',
  'sexual/minors',
  'hate',
  'hate/threatening',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'violence/graphic',
];
/** From this score on. */
const LIMIT = 0.8;
/** The same, with `moderation: "low"`. */
const LOW_LIMIT = 0.9;

/** An error that the image models themselves answer with. */
export const userError = (code: string, message: string): ApiError =>
  new ApiError({ status: 400, type: 'image_generation_user_error', code, message });

/**
 * Refuses prompts as OpenAI's models do; models of others draw anything.
 *
 * @param lenient - fewer of them
 * @throws ApiError 400
 */
export function checkSafety(model: ModelInfo, prompt: string, lenient: boolean): void {
  const family = familyOf(model);
  if (family === 'other' || prompt === '') return;
  const scores = moderateText(prompt);
  const limit = lenient ? LOW_LIMIT : LIMIT;
  const found = REFUSED.filter((category) => scores[category] >= limit);
  if (found.length === 0) return;
  const reason = `safety_violations=[${found.map((category) => category.replaceAll(/[-/]/g, '_')).join(', ')}]`;
  if (family === 'gpt-image')
    throw userError('moderation_blocked', `Your request was rejected by the safety system. ${reason}.`);
  throw new ApiError({
    status: 400,
    type: 'image_generation_user_error',
    code: 'content_policy_violation',
    message: `Your request was rejected as a result of our safety system. ${reason}.`,
  });
}
