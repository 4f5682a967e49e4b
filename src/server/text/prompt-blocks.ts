/** What a KV cache recognizes of a prompt: hashes of its blocks, from real token ids in the order of a chat template. */
import { hash32 } from '../../lib/random.js';
import { mediaTokens } from '../../simulator/prompt/media-tokens.js';
import { BlockHasher } from '../generation/block-hasher.js';
import type { CacheMark } from '../generation/prompt-caching.js';
import { countText, type PromptMessage, type TextCounter } from './prompt.js';

// Special tokens of the template: no vocabulary has such ids.
const START = 0x70000001;
const SEPARATOR = 0x70000002;
const END = 0x70000003;

/** A prompt to hash. */
export interface BlockPrompt {
  model: string;
  messages: readonly PromptMessage[];
  /** Tokens of all of it, tools and media among them. */
  totalTokens: number;
  /** Names the tools and schemas, which stand before the messages; equal names, equal tokens. */
  toolsName: number;
}

/**
 * Hashes of the full blocks of a prompt and of the answer after it. The template is the one that {@link countText} counts:
 * start, role (and name), separator, text, end; three tokens prime the answer. An answer that comes back as a message of the
 * next request stands at the same place with the same tokens, so that its blocks are found again.
 *
 * An approximation: the text of a message is encoded by itself, a role counts as one token whatever its name is, and what is no
 * text (tools, images, audio) has as many tokens as it is counted with, which are equal if its content is.
 *
 * @param answer - the text that will be answered
 */
export function promptBlocks(
  prompt: BlockPrompt,
  answer: string,
  counter: TextCounter,
  blockTokens: number,
): readonly number[] {
  const hasher = new BlockHasher(blockTokens);
  feed(hasher, prompt, counter, () => {});
  open(hasher, 'assistant');
  hasher.token(SEPARATOR);
  hasher.tokens(counter.ids(answer));
  return hasher.hashes;
}

/** Content hashes of what engines prepare for their models: all media but files, whose text or pages are read before. */
export const mediaHashes = (messages: readonly PromptMessage[]): number[] =>
  messages.flatMap(({ media = [] }) =>
    media.flatMap((part) => {
      if (part.kind === 'file') return [];
      return [hash32(part.kind, 'url' in part ? part.url : part.data)];
    }),
  );

/** Tokens of a block of marked prefixes. */
const MARK_TOKENS = 128;

/** The prefixes of a prompt that its messages mark. */
export function promptMarks(prompt: BlockPrompt, counter: TextCounter): readonly CacheMark[] {
  const marks: CacheMark[] = [];
  feed(new BlockHasher(MARK_TOKENS), prompt, counter, (prefix) =>
    marks.push({ tokens: prefix.count, hashes: prefix.allHashes }),
  );
  return marks;
}

/** Hashes all messages; `marked` is told of each place that one marks. */
function feed(
  hasher: BlockHasher,
  { model, messages, totalTokens, toolsName }: BlockPrompt,
  counter: TextCounter,
  marked: (prefix: BlockHasher) => void,
): void {
  const media = messages.map((message) => mediaOf(message, model, counter));
  const mediaTotal = media.reduce((sum, { tokens }) => sum + tokens, 0);
  hasher.placeholders(totalTokens - countText(messages, counter) - mediaTotal, toolsName);
  for (const [i, { role, name, text, marks = [] }] of messages.entries()) {
    open(hasher, role);
    // With a name goes a token that separates it.
    if (name !== undefined) {
      hasher.token(SEPARATOR);
      hasher.tokens(counter.ids(name));
    }
    hasher.token(SEPARATOR);
    for (const { at, afterMedia } of marks) {
      const prefix = hasher.copy();
      prefix.tokens(counter.ids(text.slice(0, at)));
      if (afterMedia) prefix.placeholders(media[i]!.tokens, media[i]!.name);
      marked(prefix);
    }
    hasher.tokens(counter.ids(text));
    hasher.placeholders(media[i]!.tokens, media[i]!.name);
    hasher.token(END);
  }
}

function open(hasher: BlockHasher, role: string): void {
  hasher.token(START);
  hasher.token(hash32('role', role));
}

function mediaOf(
  { media }: PromptMessage,
  model: string,
  counter: TextCounter,
): { tokens: number; name: number } {
  if (!media) return { tokens: 0, name: 0 };
  const { text, image, audio } = mediaTokens(media, model, counter);
  const contents = media.map((part) => ('url' in part ? part.url : part.data));
  return { tokens: text + image + audio, name: hash32('media', ...contents) };
}
