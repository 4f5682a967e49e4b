/** What a chat prompt costs in tokens, and what names it. */
import { type Digest, digestOf } from '../../../lib/digest.js';
import type { TextEncoder } from './prompt-blocks.js';
import type { ChatMessage, ChatRequest } from './chat-request.js';

/** Counts the tokens of a text, and gives them. */
export interface TextCounter extends TextEncoder {
  count(text: string): number;
}

// How OpenAI wraps chat messages ("How to count tokens with tiktoken", OpenAI cookbook): three tokens and the role,
// which is one token, around each message, one more for a name, and three that prime the answer.
const MESSAGE_TOKENS = 4;
const NAME_TOKENS = 1;
const PRIMING_TOKENS = 3;

/** Tokens of a prompt as OpenAI counts them. */
export function countPrompt(messages: readonly ChatMessage[], counter: TextCounter): number {
  let tokens = PRIMING_TOKENS;
  for (const { name, text } of messages) {
    tokens += MESSAGE_TOKENS + counter.count(text);
    if (name !== undefined) tokens += NAME_TOKENS + counter.count(name);
  }
  return tokens;
}

/**
 * Names what was asked: model, messages and the request's seed. Neither limits nor streaming are part of it, so that
 * they never change what is said, only how much of it and how it is sent.
 */
export function digestRequest(request: ChatRequest): Digest {
  const texts = [request.model, request.seed === undefined ? '' : String(request.seed)];
  for (const { role, name, text } of request.messages) texts.push(role, name ?? '', text);
  return digestOf(texts);
}
