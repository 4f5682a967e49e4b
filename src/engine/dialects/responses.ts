/** OpenAI's responses: every event says its type, text comes as `delta`, the last event has the whole response. */
import { isObject, memberOf, usageFrom, type Usage } from '../answers.js';
import { commonError, type Dialect, type JsonObject } from './dialect.js';
import { EVENT, EventScanner } from './event-scan.js';

const scanner = new EventScanner([
  { name: 'delta', text: EVENT.answer },
  {
    name: 'type',
    values: {
      'response.reasoning*': EVENT.reasons,
      'response.completed': EVENT.end,
      'response.incomplete': EVENT.end,
      'response.failed': EVENT.error,
      error: EVENT.error,
    },
  },
]);

function usageOf(response: unknown): Usage | undefined {
  const usage = memberOf(response, 'usage');
  if (!isObject(usage)) return undefined;
  return usageFrom(
    usage['input_tokens'],
    usage['output_tokens'],
    memberOf(usage['output_tokens_details'], 'reasoning_tokens'),
    memberOf(usage['input_tokens_details'], 'cached_tokens'),
  );
}

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const isMessage = ({ type }: JsonObject): boolean => type === 'message';
const partsOf = (item: JsonObject): JsonObject[] => [...listOf(item['summary']), ...listOf(item['content'])];

const textsOf = (items: readonly JsonObject[]): string =>
  items
    .flatMap(partsOf)
    .map(({ text, refusal }) => textOf(text) + textOf(refusal))
    .join('');

/** A failed response says why inside of itself. */
function errorOf(event: JsonObject): string | undefined {
  if (event['type'] === 'response.failed')
    return textOf(memberOf(memberOf(event['response'], 'error'), 'message'));
  return commonError(event);
}

export const responsesDialect: Dialect = {
  noun: 'a response',
  scanner,
  ending: 'event',
  endingName: 'response.completed',
  eventUsage: ({ response }) => usageOf(response),
  eventError: errorOf,
  said: (answer) =>
    answer['type'] === 'response.output_text.delta'
      ? textOf(answer['delta'])
      : textsOf(listOf(answer['output']).filter(isMessage)),
  generated: ({ output }) => {
    const items = listOf(output);
    return textsOf(items) + items.map((item) => textOf(item['arguments'])).join('');
  },
  read: (answer) =>
    Array.isArray(answer['output']) && !isObject(answer['error']) ? { usage: usageOf(answer) } : undefined,
};
