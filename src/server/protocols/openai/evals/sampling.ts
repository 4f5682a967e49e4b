/** Asks a model about an item, through the server's own routes. */
import type { ServerContext } from '../../../context.js';
import { type Answer, askChat, askRoute, isProblem, type Problem } from '../graders/ask-model.js';
import { chatMessages, type FilledMessage, responseMessages } from '../graders/messages.js';
import type { AskingSource } from './data-source.js';

type Body = Record<string, unknown>;

/** A model's answer, or why there is none. */
export async function ask(
  context: ServerContext,
  source: AskingSource,
  messages: readonly FilledMessage[],
): Promise<Answer | Problem> {
  const { model, sampling_params: params } = source;
  if (source.type === 'completions')
    return askChat(context, { ...params, model, messages: chatMessages(messages) });
  const answer = await askRoute(context, '/v1/responses', responseRequest(source, messages));
  return isProblem(answer) ? answer : readResponse(answer);
}

function responseRequest(
  { model, sampling_params: params }: AskingSource,
  input: readonly FilledMessage[],
): Body {
  // Responses have no seed, and another name for the longest answer.
  const { max_completion_tokens: most, seed: _, reasoning_effort: effort, ...others } = params ?? {};
  return {
    ...others,
    ...(most == null ? {} : { max_output_tokens: most }),
    ...(effort == null ? {} : { reasoning: { effort } }),
    model,
    input: responseMessages(input),
    store: false,
  };
}

function readResponse(answer: Body): Answer {
  const output = answer['output'] as { content?: { type: string; text?: string }[] }[];
  const usage = answer['usage'] as {
    input_tokens: number;
    output_tokens: number;
    input_tokens_details?: { cached_tokens: number };
  };
  return {
    text: output
      .flatMap(({ content = [] }) => content)
      .map(({ type, text }) => (type === 'output_text' ? (text ?? '') : ''))
      .join(''),
    thoughts: 0,
    finishReason: answer['status'] === 'incomplete' ? 'length' : 'stop',
    usage: {
      promptTokens: usage.input_tokens,
      completionTokens: usage.output_tokens,
      cachedTokens: usage.input_tokens_details?.cached_tokens ?? 0,
    },
  };
}
