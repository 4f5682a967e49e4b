/** Asks a model through the server's own routes, as a client would. */
import type { ServerContext } from '../../../context.js';

/** Tokens of answers. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
}

/** What a model said. */
export interface Answer {
  text: string;
  finishReason: string;
  usage: Usage;
  /** Tokens of thoughts. */
  thoughts: number;
}

/** Why there is no answer. */
export interface Problem {
  code: string;
  message: string;
}

type Body = Record<string, unknown>;

/**
 * A model's answer, as JSON, or why there is none.
 *
 * @param path - of the route, such as `/v1/responses`
 */
export async function askRoute(context: ServerContext, path: string, body: object): Promise<Body | Problem> {
  const { status, body: bytes } = await context.dispatch({
    method: 'POST',
    path,
    headers: new Map([['content-type', 'application/json']]),
    body: Buffer.from(JSON.stringify(body)),
  });
  if (status === 0) return { code: 'server_error', message: 'The model gave no answer.' };
  const answer = JSON.parse(bytes.toString('utf8')) as Body;
  if (status < 400) return answer;
  const { code, type, message } = answer['error'] as { code: string | null; type: string; message: string };
  return { code: code ?? type, message };
}

export const isProblem = (answer: Body | Problem | Answer): answer is Problem =>
  'code' in answer && 'message' in answer;

/** What a model says in a chat. */
export async function askChat(context: ServerContext, body: object): Promise<Answer | Problem> {
  const answer = await askRoute(context, '/v1/chat/completions', body);
  if (isProblem(answer)) return answer;
  const [choice] = answer['choices'] as { message: { content: string | null }; finish_reason: string }[];
  const usage = answer['usage'] as {
    prompt_tokens: number;
    completion_tokens: number;
    prompt_tokens_details?: { cached_tokens: number };
    completion_tokens_details?: { reasoning_tokens?: number };
  };
  return {
    text: choice!.message.content ?? '',
    finishReason: choice!.finish_reason,
    thoughts: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    usage: {
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
      cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    },
  };
}
