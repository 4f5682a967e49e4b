/** The JSON body of a chat completion request. */
import type { Said } from './content.js';
import type { Plan } from './plan.js';

/** What a body depends on, besides its prompt and the length of its answer. */
export type ChatOptions = Pick<Plan, 'model' | 'streaming' | 'ignoreEos'>;

/**
 * Prepares everything that all bodies of a plan share, so that a body is one concatenation.
 *
 * @param options - model, streaming and whether the answer's length is forced
 * @returns a function of what is said and the answer's length in tokens
 */
export function chatBodyWriter(options: ChatOptions): (said: Said, outputTokens: number) => string {
  const head = `{"model":${JSON.stringify(options.model)},"messages":`;
  const tail = options.streaming ? ',"stream":true,"stream_options":{"include_usage":true}}' : '}';
  if (options.ignoreEos) {
    return (said, outputTokens) =>
      `${head}${messagesOf(said)},"max_tokens":${outputTokens},"min_tokens":${outputTokens},"ignore_eos":true${tail}`;
  }
  return (said, outputTokens) => `${head}${messagesOf(said)},"max_tokens":${outputTokens}${tail}`;
}

/** The list of messages, as JSON. */
function messagesOf(said: Said): string {
  if (said.kind === 'messages') return said.messages;
  return said.system === undefined
    ? `[{"role":"user","content":"${said.prompt}"}]`
    : `[{"role":"system","content":"${said.system}"},{"role":"user","content":"${said.prompt}"}]`;
}
