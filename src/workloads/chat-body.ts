/** The JSON body of a chat completion request. */
import type { Plan } from './plan.js';

/** What a body depends on, besides its prompt and the length of its answer. */
export type ChatOptions = Pick<Plan, 'model' | 'streaming' | 'ignoreEos'>;

/**
 * Prepares everything that all bodies of a plan share, so that a body is one concatenation.
 *
 * @param options - model, streaming and whether the answer's length is forced
 * @returns a function of the prompt and the answer's length in tokens. The prompt is inserted as it is: it must need no
 *   escapes in JSON, as generated prose does not
 */
export function chatBodyWriter(options: ChatOptions): (prompt: string, outputTokens: number) => string {
  const head = `{"model":${JSON.stringify(options.model)},"messages":[{"role":"user","content":"`;
  const tail = options.streaming ? ',"stream":true,"stream_options":{"include_usage":true}}' : '}';
  if (options.ignoreEos) {
    return (prompt, outputTokens) =>
      `${head}${prompt}"}],"max_tokens":${outputTokens},"min_tokens":${outputTokens},"ignore_eos":true${tail}`;
  }
  return (prompt, outputTokens) => `${head}${prompt}"}],"max_tokens":${outputTokens}${tail}`;
}
