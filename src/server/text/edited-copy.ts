/** What a model says that was sent a text and a prediction that repeats it: the same with a few words changed. */
import type { Digest } from '../../lib/digest.js';
import { createRandom } from '../../lib/random.js';
import { LEXICON } from '../../lib/text/lexicon.js';
import type { PromptMessage, TextCounter } from './prompt.js';

/** Share of the words that are changed. */
const CHANGED_SHARE = 0.04;
/** Shorter predictions are too likely to stand in a prompt by chance. */
const LEAST_CHARACTERS = 40;

/**
 * The copy; undefined when no message has the predicted text, which is the case that the answer has nothing to do with it.
 */
export function editedCopy(
  prediction: string,
  messages: readonly PromptMessage[],
  seed: number,
  digest: Digest,
  { tokenizer }: TextCounter,
): string | undefined {
  const text = prediction.trim();
  if (text.length < LEAST_CHARACTERS || !messages.some((message) => message.text.includes(text)))
    return undefined;
  const random = createRandom(seed, 'edit', digest.high, digest.low);
  const pieces = tokenizer.pieces(prediction).map((piece) => {
    const isChanged = /^ ?[a-z]{3,}$/i.test(piece) && random.next() < CHANGED_SHARE;
    return isChanged ? ` ${LEXICON.nouns[random.int(LEXICON.nouns.length)]!}` : piece;
  });
  return pieces.join('');
}
