/** Anthropic's messages: blocks of text or thinking, usage in two parts, `message_stop` at the end. */
import { isCount, isObject, memberOf, usageFrom, type Usage } from '../answers.js';
import { commonError, type Dialect, type JsonObject } from './dialect.js';
import { EVENT, EventScanner } from './event-scan.js';

const scanner = new EventScanner([
  { name: 'text', text: EVENT.answer },
  { name: 'partial_json', text: EVENT.answer },
  { name: 'thinking', text: EVENT.reasoning },
  { name: 'usage', object: EVENT.usage },
  { name: 'error', object: EVENT.error },
  { name: 'type', values: { message_stop: EVENT.end } },
]);

const thoughtOf = (usage: unknown): unknown =>
  memberOf(memberOf(usage, 'output_tokens_details'), 'thinking_tokens');

/** Tokens that were read from the cache, or written to it, are counted beside the others. */
function usageOf(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const { input_tokens: input, output_tokens: output } = usage;
  const [cached, written] = [usage['cache_read_input_tokens'], usage['cache_creation_input_tokens']];
  const beside = (isCount(cached) ? cached : 0) + (isCount(written) ? written : 0);
  return usageFrom(isCount(input) ? input + beside : undefined, output, thoughtOf(usage), cached);
}

/** `message_start` has the input and the first output tokens; `message_delta` all output, and nothing else that is new. */
function eventUsage(event: JsonObject): Usage | undefined {
  if (event['type'] === 'message_start') return usageOf(memberOf(event['message'], 'usage'));
  return event['type'] === 'message_delta'
    ? usageFrom(undefined, memberOf(event['usage'], 'output_tokens'), thoughtOf(event['usage']))
    : undefined;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const blocksOf = ({ content }: JsonObject): JsonObject[] =>
  Array.isArray(content) ? content.filter(isObject) : [];

function saidBy(answer: JsonObject): string {
  const { delta } = answer;
  if (isObject(delta)) return textOf(delta['text']);
  return blocksOf(answer)
    .map(({ text }) => textOf(text))
    .join('');
}

export const messagesDialect: Dialect = {
  noun: 'a message',
  scanner,
  ending: 'event',
  endingName: 'message_stop',
  eventUsage,
  eventError: commonError,
  said: saidBy,
  generated: (answer) =>
    blocksOf(answer)
      .map(
        ({ thinking, text, input }) =>
          textOf(thinking) + textOf(text) + (isObject(input) ? JSON.stringify(input) : ''),
      )
      .join(''),
  read: (answer) =>
    answer['type'] === 'message' && Array.isArray(answer['content'])
      ? { usage: usageOf(answer['usage']) }
      : undefined,
};
