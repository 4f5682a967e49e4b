/** What is told of the tokens of a chat's prompt and of its answers. */
import type { ServerContext } from '../../../context.js';
import { promptIds } from '../../../text/prompt-ids.js';
import { countAsk, type TextAnswers } from '../../../text/text-model.js';
import { type ShownTrace, showTrace, type TraceAsk } from '../token-trace.js';
import type { ChatRequest } from './request.js';

/**
 * See the file's head.
 *
 * @throws ApiError when it would be too much
 */
export function shownTrace(
  { seed, counter }: ServerContext,
  { messages, extras }: ChatRequest,
  ask: TraceAsk,
  text: TextAnswers,
): ShownTrace {
  const unprimedTokens = extras?.unprimedTokens ?? 0;
  const ids = (): readonly number[] => {
    const totalTokens = countAsk({ ...text.ask, messages }, counter).total - unprimedTokens;
    // Of a prompt that was cut to its last tokens those that are left.
    return promptIds({ messages, totalTokens, unprimedTokens }, counter).slice(-text.prompt.total);
  };
  return showTrace(ask, ids, { seed, digest: text.digest, tokenizer: counter.tokenizer });
}
