/** What OpenAI's own models refuse in chats, whether they think or not; models of others are served more freely. */
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { invalid } from '../errors.js';
import { lengthError, patternError } from '../validation.js';
import type { ChatExtras } from './extras.js';
import type { ChatRequest } from './request.js';

const MAX_NAME = 64;
const NAME = /^[^\s<|\\/>]+$/;

/** Models that speak more or less as they are told; others of OpenAI's know one measure. */
const TALKS_AS_TOLD = /^gpt-5(?!.*(?:codex|chat|search))/;

/** Weights that others serve. */
export const isOwn = ({ id, owner }: ModelInfo): boolean => owner === 'openai' && !id.startsWith('gpt-oss');

/**
 * Checks a request to one of them.
 *
 * @throws ApiError 400 in OpenAI's words
 */
export function checkOwnModel(request: ChatRequest, model: ModelInfo): void {
  if (!isOwn(model)) return;
  if (request.hasBothLimits) {
    const message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
    throw invalid('max_tokens', 'invalid_parameter_combination', message);
  }
  for (const [i, { name }] of request.messages.entries())
    if (name !== undefined) checkName(name, `messages[${i}].name`);
  if (request.extras) checkExtras(request.extras, model);
}

function checkName(name: string, at: string): void {
  if (name.length > MAX_NAME)
    throw lengthError(at, { kind: 'string', big: true, bound: MAX_NAME }, name.length);
  if (name !== '' && !NAME.test(name)) throw patternError(at, NAME.source);
}

function checkExtras({ raw, store }: ChatExtras, model: ModelInfo): void {
  if (raw.metadata && Object.keys(raw.metadata).length > 0 && !store)
    throw invalid('metadata', null, "The 'metadata' parameter is only allowed when 'store' is enabled.");
  if (raw.verbosity != null && !takesVerbosity(model, raw.verbosity)) {
    const message = `Unsupported value: 'verbosity' does not support '${raw.verbosity}' with this model. Supported values are: 'medium'.`;
    throw invalid('verbosity', 'unsupported_value', message);
  }
}

/** Whether a model can say as much or as little as that. */
export const takesVerbosity = (model: ModelInfo, asked: string): boolean =>
  asked === 'medium' || !isOwn(model) || TALKS_AS_TOLD.test(model.id);
