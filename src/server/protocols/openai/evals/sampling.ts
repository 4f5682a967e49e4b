/** Asks a model about an item, through the server's own routes. */
import type { ServerContext } from '../../../context.js';
import type { AskingSource, FilledMessage } from './data-source.js';
import type { EvalProblem, Usage } from './eval-records.js';

/** What a model said. */
export interface Answer {
  text: string;
  finishReason: string;
  usage: Usage;
}

type Body = Record<string, unknown>;

/** A model's answer, or why there is none. */
export async function ask(
  context: ServerContext,
  source: AskingSource,
  messages: readonly FilledMessage[],
): Promise<Answer | EvalProblem> {
  const isChat = source.type === 'completions';
  const body = isChat ? chatRequest(source, messages) : responseRequest(source, messages);
  const { status, body: bytes } = await context.dispatch({
    method: 'POST',
    path: isChat ? '/v1/chat/completions' : '/v1/responses',
    headers: new Map([['content-type', 'application/json']]),
    body: Buffer.from(JSON.stringify(body)),
  });
  if (status === 0) return { code: 'server_error', message: 'The model gave no answer.' };
  const answer = JSON.parse(bytes.toString('utf8')) as Body;
  if (status >= 400) {
    const { code, type, message } = answer['error'] as { code: string | null; type: string; message: string };
    return { code: code ?? type, message };
  }
  return isChat ? readChat(answer) : readResponse(answer);
}

const chatRequest = (
  { model, sampling_params: params }: AskingSource,
  messages: readonly FilledMessage[],
) => ({
  ...params,
  model,
  messages,
});

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
    input,
    store: false,
  };
}

function readChat(answer: Body): Answer {
  const [choice] = answer['choices'] as { message: { content: string | null }; finish_reason: string }[];
  const usage = answer['usage'] as {
    prompt_tokens: number;
    completion_tokens: number;
    prompt_tokens_details?: { cached_tokens: number };
  };
  return {
    text: choice!.message.content ?? '',
    finishReason: choice!.finish_reason,
    usage: {
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
      cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    },
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
    finishReason: answer['status'] === 'incomplete' ? 'length' : 'stop',
    usage: {
      promptTokens: usage.input_tokens,
      completionTokens: usage.output_tokens,
      cachedTokens: usage.input_tokens_details?.cached_tokens ?? 0,
    },
  };
}
