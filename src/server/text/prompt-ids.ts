/** The tokens of a prompt by their ids, as a chat template lays them out, and a prompt cut to its last tokens. */
import {
  countText,
  type PromptMessage,
  PRIMING_TOKENS,
  type TextCounter,
  type TextTokenizer,
} from './prompt.js';

// Special tokens of the o200k vocabulary, around what {@link countText} counts.
const START = 200_264;
const END = 200_265;
const SEPARATOR = 200_266;
/** Stands for each token of what is no text of a message: tools, schemas, pictures, sound. A reserved id. */
const NO_TEXT = 200_017;
/** What a prompt without a text has. */
export const END_OF_TEXT = 199_999;

/** A prompt as it was asked. */
interface LaidOutPrompt {
  messages: readonly PromptMessage[];
  /** Tokens of all of it. */
  totalTokens: number;
  /** Tokens that it does not end with, as it would otherwise. */
  unprimedTokens: number;
}

const SPECIAL_TEXTS: ReadonlyMap<number, string> = new Map([
  [START, '<|im_start|>'],
  [END, '<|im_end|>'],
  [SEPARATOR, '<|im_sep|>'],
  [END_OF_TEXT, '<|endoftext|>'],
  [NO_TEXT, '<|reserved|>'],
]);

/** The text of ids, special ones among them; those of no vocabulary have none. */
export function idsText(ids: readonly number[], tokenizer: TextTokenizer): string {
  let text = '';
  let start = 0;
  for (const [at, id] of ids.entries()) {
    const special = SPECIAL_TEXTS.get(id);
    if (special === undefined) continue;
    text += tokenizer.decode(ids.slice(start, at)) + special;
    start = at + 1;
  }
  return text + tokenizer.decode(ids.slice(start));
}

/** All ids, `totalTokens` of them: what is no text of a message stands at the beginning. */
export function promptIds(
  { messages, totalTokens, unprimedTokens }: LaidOutPrompt,
  counter: TextCounter,
): number[] {
  const ids: number[] = [];
  const open = (role: string): number => ids.push(START, counter.ids(role)[0] ?? NO_TEXT);
  for (const { role, name, text } of messages) {
    open(role);
    if (name !== undefined) ids.push(SEPARATOR, ...Array.from(counter.ids(name)));
    ids.push(SEPARATOR);
    const own = counter.ids(text);
    for (let i = 0; i < own.length; i++) ids.push(own[i]!);
    ids.push(END);
  }
  open('assistant');
  ids.push(SEPARATOR);
  ids.length -= unprimedTokens;
  const others = Math.max(0, totalTokens - ids.length);
  return [...Array.from<number>({ length: others }).fill(NO_TEXT), ...ids];
}

/** The messages without their first tokens, those around them among these; at least one is left, maybe empty. */
export function withoutFirst(
  messages: readonly PromptMessage[],
  tokens: number,
  counter: TextCounter,
): readonly PromptMessage[] {
  let excess = tokens;
  let first = 0;
  for (; first < messages.length - 1; first++) {
    const cost = countText([messages[first]!], counter) - PRIMING_TOKENS;
    if (excess < cost) break;
    excess -= cost;
  }
  if (excess <= 0) return messages.slice(first);
  const { marks: _, ...message } = messages[first]!;
  return [{ ...message, text: lastText(message.text, excess, counter) }, ...messages.slice(first + 1)];
}

/** A text without its first tokens. */
export const lastText = (text: string, without: number, counter: TextCounter): string =>
  counter.tokenizer.decode(Array.from(counter.ids(text)).slice(without));
