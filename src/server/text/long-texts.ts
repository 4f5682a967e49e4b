/** Texts that take so long to count that others must not wait for it. */
import { textOfFile } from '../../simulator/prompt/media-tokens.js';
import type { TokenCounter } from '../../lib/tokens/counter.js';
import type { PromptMessage } from './prompt.js';

/** Of a text this long the tokens are counted in portions, in characters: prose of this length takes 2 ms in one go. */
const LONG = 64 * 1024;

/** The long texts of a prompt, those of files among them. */
export function longTexts(messages: readonly PromptMessage[]): string[] {
  const texts: string[] = [];
  for (const { text, media } of messages) {
    if (text.length > LONG) texts.push(text);
    if (!media) continue;
    for (const part of media) {
      if (part.kind !== 'file' || part.url.length <= LONG) continue;
      const read = textOfFile(part.url);
      if (read !== undefined) texts.push(read);
    }
  }
  return texts;
}

/** Does something with a prompt: at once, or once its long texts are counted, which it then knows. */
export function whenCounted(
  counter: TokenCounter,
  messages: readonly PromptMessage[],
  use: () => void | Promise<void>,
): void | Promise<void> {
  const texts = longTexts(messages);
  if (texts.length === 0) return use();
  return counter.hold(texts).then(async (release) => {
    try {
      await use();
    } finally {
      release();
    }
  });
}
