/** A prompt in no protocol's words: what it costs in tokens, and what names it. */
import { type Digest, TextDigester } from '../../lib/digest.js';
import type { JsonSchema } from '../../simulator/content/json/schema.js';
import type { ToolSpec } from '../../simulator/content/tool-choice.js';
import { type MediaPart, mediaTokens } from '../../simulator/prompt/media-tokens.js';

/** Counts and splits text. */
export interface TextCounter {
  count(text: string): number;
  /** The token ids of a text; not to be changed. */
  ids(text: string): ArrayLike<number>;
  /** What it counts with. */
  readonly tokenizer: TextTokenizer;
}

/** A tokenizer, as far as answers need one. */
export interface TextTokenizer {
  pieces(text: string): string[];
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
}

/** One message of a prompt. */
export interface PromptMessage {
  role: string;
  name: string | undefined;
  /** Its words; of calls their names and arguments too. */
  text: string;
  media?: readonly MediaPart[];
  /** Where a cache is to remember the prompt up to, in order. */
  marks?: readonly TextMark[];
}

/** A place in a message. */
export interface TextMark {
  /** Characters of the text before it. */
  at: number;
  /** It is behind what is not text, too. */
  afterMedia: boolean;
}

/** Tokens of a prompt, by kind. */
export interface PromptTokens {
  /** All of them. */
  total: number;
  image: number;
  audio: number;
}

// How OpenAI wraps chat messages ("How to count tokens with tiktoken", OpenAI cookbook): three tokens and the role,
// which is one token, around each message, one more for a name, and three that prime the answer.
const MESSAGE_TOKENS = 4;
const NAME_TOKENS = 1;
export const PRIMING_TOKENS = 3;

/** Tokens of the messages' text as OpenAI counts them. */
export function countText(messages: readonly PromptMessage[], counter: Pick<TextCounter, 'count'>): number {
  let tokens = PRIMING_TOKENS;
  for (const { name, text } of messages) {
    tokens += MESSAGE_TOKENS + counter.count(text);
    if (name !== undefined) tokens += NAME_TOKENS + counter.count(name);
  }
  return tokens;
}

/** Tokens of everything that a prompt has: messages, what is not text in them, tools and schemas. */
export function countPrompt(
  prompt: {
    model: string;
    messages: readonly PromptMessage[];
    tools: readonly ToolSpec[];
    schema?: JsonSchema;
  },
  counter: TextCounter,
): PromptTokens {
  const { model, messages, tools, schema } = prompt;
  let total = countText(messages, counter) + countTools(tools, counter);
  if (schema) total += counter.count(JSON.stringify(schema));
  let image = 0;
  let audio = 0;
  for (const { media } of messages) {
    if (!media) continue;
    const tokens = mediaTokens(media, model, counter);
    total += tokens.text + tokens.image + tokens.audio;
    image += tokens.image;
    audio += tokens.audio;
  }
  return { total, image, audio };
}

// How OpenAI lays tools out ("How to count tokens with tiktoken", OpenAI cookbook, section on tool calls, GPT-4o).
const FUNCTION_START = 7;
const PROPERTIES_START = 3;
const PROPERTY = 3;
const ENUM_START = -3;
const ENUM_ITEM = 3;
const TOOLS_END = 12;

function countTools(tools: readonly ToolSpec[], counter: TextCounter): number {
  if (tools.length === 0) return 0;
  let tokens = TOOLS_END;
  for (const { name, description = '', parameters } of tools) {
    tokens += FUNCTION_START + counter.count(`${name}:${description.replace(/\.$/, '')}`);
    if (parameters) tokens += countProperties(parameters, counter, 0);
  }
  return tokens;
}

/** Deeper objects count as the outer one does; beyond this depth they are not counted. */
const MAX_DEPTH = 16;

function countProperties(schema: JsonSchema, counter: TextCounter, depth: number): number {
  const { properties } = schema;
  if (typeof properties !== 'object' || properties === null || depth > MAX_DEPTH) return 0;
  const entries = Object.entries(properties as Record<string, unknown>);
  if (entries.length === 0) return 0;
  let tokens = PROPERTIES_START;
  for (const [key, raw] of entries) {
    const property = (typeof raw === 'object' && raw !== null ? raw : {}) as JsonSchema;
    const { type, description, items } = property;
    const about = typeof description === 'string' ? description.replace(/\.$/, '') : '';
    tokens += PROPERTY + counter.count(`${key}:${typeof type === 'string' ? type : ''}:${about}`);
    if (Array.isArray(property.enum)) {
      tokens += ENUM_START;
      for (const value of property.enum) tokens += ENUM_ITEM + counter.count(JSON.stringify(value));
    }
    tokens += countProperties(property, counter, depth + 1);
    if (typeof items === 'object' && items !== null)
      tokens += countProperties(items as JsonSchema, counter, depth + 1);
  }
  return tokens;
}

/**
 * Names what was asked: model, messages and the request's seed. Neither limits nor streaming are part of it, so that
 * they never change what is said, only how much of it and how it is sent.
 */
export function digestPrompt(
  model: string,
  messages: readonly PromptMessage[],
  seed: number | undefined,
): Digest {
  const digester = beginDigest(model, seed);
  for (const message of messages) {
    addSpeaker(digester, message).add(message.text);
    if (message.media)
      for (const part of message.media) digester.add(part.kind).add('url' in part ? part.url : part.data);
  }
  return digester.digest;
}

/**
 * The same for prompts that are alike but for the text of their last message: all before it is digested once.
 *
 * @param messages - one at least, without media; the last one's text does not count
 */
export function digestsByLastText(
  model: string,
  messages: readonly PromptMessage[],
  seed: number | undefined,
): (text: string) => Digest {
  const before = beginDigest(model, seed);
  for (const message of messages.slice(0, -1)) addSpeaker(before, message).add(message.text);
  addSpeaker(before, messages.at(-1)!);
  return (text) => before.copy().add(text).digest;
}

const beginDigest = (model: string, seed: number | undefined): TextDigester =>
  new TextDigester().add(model).add(seed === undefined ? '' : String(seed));

const addSpeaker = (digester: TextDigester, { role, name }: PromptMessage): TextDigester =>
  digester.add(role).add(name ?? '');

/** The user's latest words. */
export const latestWords = (messages: readonly PromptMessage[]): string =>
  messages.findLast(({ role }) => role === 'user')?.text ?? '';
