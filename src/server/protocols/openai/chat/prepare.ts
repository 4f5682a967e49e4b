/** From a chat request to its answers, of which nothing is generated yet. */
import type { ServerContext } from '../../../context.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { traitsOf } from '../../../text/model-traits.js';
import { countText } from '../../../text/prompt.js';
import { withoutFirst } from '../../../text/prompt-ids.js';
import type { Sender } from '../../../text/sender.js';
import {
  countAsk,
  prepareAnswers,
  type TextAnswers,
  type TextAsk,
  withLead,
} from '../../../text/text-model.js';
import { shareOf, truncated } from '../engine-parameters.js';
import { optionsOf, roomFor } from './model-rules.js';
import type { ChatRequest } from './request.js';

/**
 * Prepares the answers to a request.
 *
 * @param script - of the same request, when it is prepared once more
 * @throws ApiError 400 when it is too long for the model
 */
export function prepareChat(
  context: ServerContext,
  request: ChatRequest,
  model: ModelInfo,
  arrivalMs: number,
  sender: Sender = {},
  script?: TextAnswers['script'],
): TextAnswers {
  const { messages, n, seed, greedy, temperature, topP, maxTokens, minTokens, ignoreEos, stop } = request;
  const ask: TextAsk = {
    model: request.model,
    messages,
    n,
    seed,
    greedy,
    beams: request.extras?.beams,
    temperature,
    topP: shareOf(topP, request.extras?.sampling),
    maxTokens,
    minTokens,
    ignoreEos,
    stop,
    options: withLead(optionsOf(request.extras, traitsOf(model)), request.quote),
    caching: request.extras?.caching,
    script,
  };
  const { counter } = context;
  const prompt = countAsk(ask, counter);
  prompt.total -= request.extras?.unprimedTokens ?? 0;
  const { limit } = request;
  const total = truncated(request.extras?.truncation, prompt.total, model.contextTokens, limit ?? 0);
  if (total < prompt.total) {
    const others = prompt.total - (countText(messages, counter) - (request.extras?.unprimedTokens ?? 0));
    ask.messages = withoutFirst(messages, prompt.total - total - others, counter);
    prompt.total = total;
  }
  ask.maxTokens = roomFor(request, model, prompt.total);
  return prepareAnswers(context, ask, prompt, arrivalMs, sender);
}
