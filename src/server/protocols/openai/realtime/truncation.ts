/** Which items of a long conversation a model still sees. */
import { messagesAlone } from './chat-messages.js';
import type { Item } from './conversation.js';
import type { SessionCore } from './core.js';

/** Tokens that a message has beside its text. */
const PER_MESSAGE = 4;

/**
 * The items from the first on that fits. With a ratio more of them go at once, so that those that are left stay the beginning of what
 * the model is given for a while, and are found in its cache.
 *
 * @param told - what comes before them
 * @param maxTokens - what the response may have
 */
export function kept(core: SessionCore, told: readonly object[], maxTokens: number | 'inf'): Item[] {
  const { conversation, settings, context } = core;
  const { truncation } = settings;
  const all = conversation.items.slice(firstIndex(core));
  if (truncation === 'disabled') return all;
  const { contextTokens, outputTokens } = context.models.of(settings.model!, 'realtime');
  const before = told.reduce<number>((sum, one) => sum + tokensOf(core, one), 0);
  const answer = maxTokens === 'inf' ? outputTokens : Math.min(maxTokens, outputTokens);
  const room = Math.max(0, contextTokens - answer - before);
  const { limit, ratio } =
    typeof truncation === 'string'
      ? { limit: room, ratio: 1 }
      : {
          limit: Math.min(room, truncation.token_limits?.post_instructions ?? room),
          ratio: truncation.retention_ratio,
        };
  const sizes = all.map((item) => sizeOf(core, item));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= limit) return all;
  let first = 0;
  // What was said last is always seen.
  for (; first < all.length - 1 && total > limit * ratio; first++) total -= sizes[first]!;
  core.firstKept = all[first]?.id;
  return all.slice(first);
}

/** Where what is left of earlier cuts begins. */
const firstIndex = ({ conversation, firstKept }: SessionCore): number =>
  firstKept === undefined
    ? 0
    : Math.max(
        0,
        conversation.items.findIndex(({ id }) => id === firstKept),
      );

const tokensOf = ({ context }: SessionCore, message: object): number =>
  context.counter.tokenizer.count(JSON.stringify((message as { content?: unknown }).content ?? message)) +
  PER_MESSAGE;

function sizeOf(core: SessionCore, item: Item): number {
  const heard = core.conversation.withHeard(item, (part, { text }) => ({ ...part, transcript: text }));
  return messagesAlone(heard).reduce<number>((sum, message) => sum + tokensOf(core, message), 0);
}
