/** Compaction: what was said so far as one short item, which the server can read again and nobody else. */
import type { Digest } from '../../../../lib/digest.js';
import { countText, type PromptMessage, type TextCounter } from '../../../text/prompt.js';
import { unsupported } from '../errors.js';
import type { ResponseBody } from './body.js';
import { readCompacted, sealCompacted } from './compacted.js';
import { type Item, itemId } from './items.js';

/** Of the tokens that are compacted so many are kept, one in: */
const SHARE = 10;
const LEAST_TOKENS = 64;
const MOST_TOKENS = 4096;
/** Words of each message that are kept. */
const WORDS = 24;
/** Where no threshold is given: part of the model's window. */
const DEFAULT_THRESHOLD = 0.8;

/** A compaction that was made, and what it took to make it. */
export interface Compaction {
  item: Item;
  message: PromptMessage;
  tokens: number;
}

/** Items from the latest compaction on that stands for all before it. */
export function sinceCompaction(seed: number, items: readonly Item[]): readonly Item[] {
  const from = items.findLastIndex(
    (item, i) => item.type === 'compaction' && readCompacted(seed, item, `input[${i}]`).replaces,
  );
  return from <= 0 ? items : items.slice(from);
}

/**
 * Compacts messages: the beginning of each, from the latest back until there is no more room.
 *
 * @param replaces - whether it stands for all of what was before it
 */
export function compact(
  { seed, counter }: { seed: number; counter: TextCounter },
  messages: readonly PromptMessage[],
  digest: Digest,
  replaces: boolean,
): Compaction {
  const total = countText(messages, counter);
  const room = Math.min(MOST_TOKENS, Math.max(LEAST_TOKENS, Math.floor(total / SHARE)));
  const lines: string[] = [];
  let used = 0;
  for (const { role, text } of messages.toReversed()) {
    if (text === '') continue;
    const line = `${role}: ${beginningOf(text)}`;
    const tokens = counter.count(line);
    if (used + tokens > room) break;
    used += tokens;
    lines.unshift(line);
  }
  const text = lines.join('\n');
  const item: Item = {
    id: itemId(seed, digest, 'compaction', 0, 'compaction'),
    type: 'compaction',
    encrypted_content: sealCompacted(seed, { text, replaces }),
  };
  return {
    item,
    message: { role: 'assistant', name: undefined, text },
    tokens: Math.max(1, counter.count(text)),
  };
}

/** The first words of a text, of bounded length whatever its words are. */
function beginningOf(text: string): string {
  const head = text.slice(0, WORDS * 16);
  const words = head.split(/\s+/, WORDS).join(' ');
  return words.length < text.length ? `${words} …` : words;
}

/** From how many tokens on a prompt is compacted; undefined when that is not asked for. */
export function thresholdOf(
  { context_management: entries }: ResponseBody,
  contextTokens: number,
): number | undefined {
  if (!entries || entries.length === 0) return undefined;
  const thresholds = entries.map(({ type, compact_threshold: threshold }, i) => {
    if (type !== 'compaction')
      throw unsupported(
        `context_management[${i}].type`,
        `context management of type '${type.slice(0, 100)}'`,
      );
    return threshold ?? Math.floor(contextTokens * DEFAULT_THRESHOLD);
  });
  return Math.min(...thresholds);
}

/** The messages that an answer goes on with after a compaction: what was compacted, and from the user's latest words on all. */
export function afterCompaction(
  messages: readonly PromptMessage[],
  { message }: Compaction,
): readonly PromptMessage[] {
  const latest = messages.findLastIndex(({ role }) => role === 'user');
  return [message, ...messages.slice(latest < 0 ? messages.length : latest)];
}
