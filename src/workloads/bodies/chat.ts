/** The JSON body of a chat completion request. */
import type { Said } from '../content.js';
import type { Plan } from '../plan.js';

/** What a body depends on, besides its prompt and the length of its answer. */
export type BodyOptions = Pick<Plan, 'model' | 'streaming' | 'ignoreEos'>;

/** Writes the body of a request of what is said and the answer's length in tokens. */
export type TextBodyWriter = (said: Said, outputTokens: number) => string;

/**
 * Prepares everything that all bodies of a plan share, so that a body is one concatenation.
 *
 * @param options - model, streaming and whether the answer's length is forced
 * @returns a function of what is said and the answer's length in tokens
 */
export function chatBodyWriter(options: BodyOptions): TextBodyWriter {
  const head = `{"model":${JSON.stringify(options.model)},`;
  const tail = options.streaming ? ',"stream":true,"stream_options":{"include_usage":true}}' : '}';
  const forced = options.ignoreEos
    ? (outputTokens: number) => `,"min_tokens":${outputTokens},"ignore_eos":true${tail}`
    : () => tail;
  return (said, outputTokens) => {
    if (said.kind !== 'body')
      return `${head}"messages":[${messagesOf(said)}],"max_tokens":${outputTokens}${forced(outputTokens)}`;
    const asks = said.asksTokens ? '' : `,"max_tokens":${outputTokens}`;
    return `${head}${said.members}${asks}${forced(outputTokens)}`;
  };
}

/** The messages of a chat as JSON, without the brackets of their list. */
export function messagesOf(said: Exclude<Said, { kind: 'body' }>): string {
  if (said.kind === 'messages') return said.messages;
  const content = said.parts ? `[{"type":"text","text":"${said.prompt}"}${said.parts}]` : `"${said.prompt}"`;
  return said.system === undefined
    ? `{"role":"user","content":${content}}`
    : `{"role":"system","content":"${said.system}"},{"role":"user","content":${content}}`;
}
