/** What a KV cache recognizes of a chat: hashes of its blocks, from real token ids in the order of a chat template. */
import { hash32 } from '../../../lib/random.js';
import { BlockHasher } from '../../generation/block-hasher.js';

/** Gives the token ids of a text. */
export interface TextEncoder {
  ids(text: string): ArrayLike<number>;
}

/** A message, as far as it is text. */
export interface PromptMessage {
  role: string;
  name?: string | undefined;
  text: string;
}

// Special tokens of the template: no vocabulary has such ids.
const START = 0x70000001;
const SEPARATOR = 0x70000002;
const END = 0x70000003;

/**
 * Hashes of the full blocks of a prompt and of the answer after it. The template is the one that {@link countPrompt} counts:
 * start, role (and name), separator, text, end; three tokens prime the answer. An answer that comes back as a message of the
 * next request stands at the same place with the same tokens, so that its blocks are found again.
 *
 * An approximation: the text of a message is encoded by itself, tools and other parts of a request are not in it, and a
 * role counts as one token whatever its name is.
 *
 * @param answer - the text that will be answered, where it is known
 */
export function chatBlocks(
  messages: readonly PromptMessage[],
  answer: string,
  encoder: TextEncoder,
  blockTokens: number,
): readonly number[] {
  const hasher = new BlockHasher(blockTokens);
  for (const { role, name, text } of messages) {
    open(hasher, role);
    if (name !== undefined) {
      hasher.token(SEPARATOR);
      hasher.tokens(encoder.ids(name));
    }
    hasher.token(SEPARATOR);
    hasher.tokens(encoder.ids(text));
    hasher.token(END);
  }
  open(hasher, 'assistant');
  hasher.token(SEPARATOR);
  hasher.tokens(encoder.ids(answer));
  return hasher.hashes;
}

function open(hasher: BlockHasher, role: string): void {
  hasher.token(START);
  hasher.token(hash32('role', role));
}
