/** Texts that take so long to count that others must not wait for it. */
import { writtenIn } from '../../simulator/prompt/media-tokens.js';
import type { TokenCounter } from '../../lib/tokens/counter.js';
import type { PromptMessage } from './prompt.js';

/** Of a text this long the tokens are counted in portions, in characters: prose of this length takes 2 ms in one go. */
const LONG = 64 * 1024;
/** Texts this short are counted as they come. */
const TINY = 64;

/** Whether a text is counted in portions. */
export const isLong = (text: string): boolean => text.length > LONG;

/** The long texts of a prompt, those of files among them. */
export function longTexts(messages: readonly PromptMessage[]): string[] {
  const texts: string[] = [];
  for (const { text, media } of messages) {
    if (isLong(text)) texts.push(text);
    if (!media) continue;
    for (const part of media) {
      if (part.kind !== 'file' || part.url.length <= LONG) continue;
      const read = writtenIn(part);
      if (read !== undefined) texts.push(read);
    }
  }
  return texts;
}

/** Of a list the texts that are worth counting in portions: all that are not tiny, when they are long together. */
export function longTogether(texts: readonly string[]): string[] {
  const characters = texts.reduce((sum, { length }) => sum + length, 0);
  return characters > LONG ? texts.filter(({ length }) => length > TINY) : [];
}

/** Does something with a prompt: at once, or once its long texts are counted, which it then knows. */
export const whenCounted = (
  counter: TokenCounter,
  messages: readonly PromptMessage[],
  use: () => void | Promise<void>,
  isOver?: () => boolean,
): void | Promise<void> => whenTextsCounted(counter, longTexts(messages), use, isOver);

/**
 * The same with the texts themselves.
 *
 * @param isOver - whether the client has gone: then nothing is done any more
 */
export function whenTextsCounted(
  counter: TokenCounter,
  texts: readonly string[],
  use: () => void | Promise<void>,
  isOver: () => boolean = () => false,
): void | Promise<void> {
  if (texts.length === 0) return use();
  return counter.hold(texts, isOver).then(async (release) => {
    try {
      if (!isOver()) await use();
    } finally {
      release();
    }
  });
}
