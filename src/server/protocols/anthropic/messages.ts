/** The messages of an Anthropic request, as a prompt. */
import type { MediaPart } from '../../../simulator/prompt/media-tokens.js';
import type { PromptMessage } from '../../text/prompt.js';
import { malformed } from './errors.js';

type Block = { type: string } & Readonly<Record<string, unknown>>;
type Content = string | readonly Block[];

interface Bodies {
  system?: Content | null | undefined;
  messages: readonly { role: 'user' | 'assistant' | 'system'; content: Content }[];
}

/**
 * Reads them.
 *
 * @throws ApiError for a block that is not understood, or a result without its call
 */
export function readMessages({ system, messages: bodies }: Bodies): {
  messages: PromptMessage[];
  cachedMessages: number;
} {
  const messages: PromptMessage[] = [];
  let cachedMessages = 0;
  const add = (role: string, content: Content, at: string): void => {
    messages.push(...split(role, content, at));
    if (typeof content !== 'string' && content.some((block) => block.cache_control != null))
      cachedMessages = messages.length;
  };
  if (system != null && system.length > 0) add('system', system, 'system');
  for (const [i, { role, content }] of bodies.entries()) add(role, content, `messages.${i}`);
  checkResults(bodies);
  return { messages, cachedMessages };
}

/** Results of tools are messages of their own; the rest of a message is one. */
function split(role: string, content: Content, at: string): PromptMessage[] {
  if (typeof content === 'string') return [{ role, name: undefined, text: content }];
  const results: PromptMessage[] = [];
  const media: MediaPart[] = [];
  let text = '';
  for (const [i, block] of content.entries()) {
    const where = `${at}.content.${i}`;
    if (block.type === 'tool_result') results.push(resultOf(block, where));
    else text += readBlock(block, where, media);
  }
  const hasOwn = text !== '' || media.length > 0 || results.length === 0;
  const own = { role, name: undefined, text, ...(media.length > 0 && { media }) };
  return hasOwn ? [...results, own] : results;
}

function resultOf(block: Block, at: string): PromptMessage {
  const content = (block.content ?? '') as Content;
  const media: MediaPart[] = [];
  const text =
    typeof content === 'string'
      ? content
      : content.map((part, i) => readBlock(part, `${at}.content.${i}`, media)).join('');
  return { role: 'tool', name: undefined, text, ...(media.length > 0 && { media }) };
}

function readBlock(block: Block, at: string, media: MediaPart[]): string {
  switch (block.type) {
    case 'text':
      return field(block, 'text', at);
    case 'thinking':
    case 'redacted_thinking':
      return '';
    case 'tool_use':
      return field(block, 'name', at) + JSON.stringify(block.input ?? {});
    case 'image':
      media.push({ kind: 'image', url: sourceUrl(block, at), detail: 'auto' });
      return '';
    case 'document': {
      const source = block.source as Block | undefined;
      if (source?.type === 'text') return field(source, 'data', `${at}.source`);
      media.push({ kind: 'file', url: sourceUrl(block, at) });
      return '';
    }
    default:
      throw malformed(
        at,
        `Input tag '${block.type.slice(0, 100)}' found using 'type' does not match any of the expected tags: 'document', 'image', 'redacted_thinking', 'text', 'thinking', 'tool_result', 'tool_use'`,
      );
  }
}

function sourceUrl(block: Block, at: string): string {
  const source = block.source as Block | null | undefined;
  if (typeof source !== 'object' || source === null) throw malformed(`${at}.source`, 'Field required');
  if (source.type === 'url') return field(source, 'url', `${at}.source`);
  if (source.type !== 'base64') throw malformed(`${at}.source.type`, "Input should be 'base64' or 'url'");
  return `data:${field(source, 'media_type', `${at}.source`)};base64,${field(source, 'data', `${at}.source`)}`;
}

function field(block: Block, key: string, at: string): string {
  const value = block[key];
  if (typeof value === 'string') return value;
  throw malformed(`${at}.${key}`, value === undefined ? 'Field required' : 'Input should be a valid string');
}

const idsOf = (content: Content | undefined, type: string, key: string): string[] =>
  typeof content === 'string' || !content
    ? []
    : content.flatMap((block) => (block.type === type ? [String(block[key])] : []));

/** The calls of a message are answered by the next one, and nothing else is. */
function checkResults(bodies: Bodies['messages']): void {
  for (const [i, { content }] of bodies.entries()) {
    const before = new Set(idsOf(bodies[i - 1]?.content, 'tool_use', 'id'));
    const stray = idsOf(content, 'tool_result', 'tool_use_id').find((id) => !before.has(id));
    if (stray !== undefined) {
      throw malformed(
        `messages.${i}`,
        `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray.slice(0, 100)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    const after = new Set(idsOf(bodies[i + 1]?.content, 'tool_result', 'tool_use_id'));
    const open = idsOf(content, 'tool_use', 'id').filter((id) => !after.has(id));
    if (open.length > 0) {
      throw malformed(
        `messages.${i}`,
        `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ').slice(0, 500)}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
  }
}
