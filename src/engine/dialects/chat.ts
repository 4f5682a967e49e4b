/** OpenAI's chat completions and legacy completions, and the many servers that speak them. */
import { isCompletion, isObject, usageOf } from '../answers.js';
import { scanCompletion } from './completion-scan.js';
import { commonError, type Dialect, type JsonObject } from './dialect.js';
import { EVENT, EventScanner } from './event-scan.js';

/** Members with generated text; `reasoning_content` and `reasoning` are those of DeepSeek, vLLM and others. */
const scanner = new EventScanner([
  { name: 'content', text: EVENT.answer },
  { name: 'text', text: EVENT.answer },
  { name: 'arguments', text: EVENT.answer },
  { name: 'refusal', text: EVENT.answer },
  { name: 'reasoning_content', text: EVENT.reasoning },
  { name: 'reasoning', text: EVENT.reasoning },
  { name: 'usage', object: EVENT.usage },
  { name: 'error', object: EVENT.error, anyText: EVENT.error },
  { name: 'object', values: { error: EVENT.error } },
]);

interface Choice {
  index?: unknown;
  text?: unknown;
  delta?: Message | null;
  message?: Message | null;
}

interface Message {
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  refusal?: unknown;
  tool_calls?: unknown;
}

const choicesOf = ({ choices }: JsonObject): Choice[] =>
  Array.isArray(choices) ? choices.filter(isObject) : [];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function argumentsOf(calls: unknown): string {
  if (!Array.isArray(calls)) return '';
  return calls
    .map((call) =>
      isObject(call) && isObject(call['function']) ? textOf(call['function']['arguments']) : '',
    )
    .join('');
}

function generatedBy({ text, message }: Choice): string {
  const { reasoning_content, reasoning, content, refusal, tool_calls } = message ?? {};
  return (
    [text, reasoning_content, reasoning, content, refusal].map(textOf).join('') + argumentsOf(tool_calls)
  );
}

export const chatDialect: Dialect = {
  noun: 'a completion',
  scanner,
  ending: 'done',
  endingName: '[DONE]',
  eventUsage: usageOf,
  eventError: commonError,
  said: (answer) =>
    choicesOf(answer)
      .filter(({ index }) => (index ?? 0) === 0)
      .map(({ delta, message, text }) => textOf((delta ?? message)?.content ?? text))
      .join(''),
  generated: (answer) => choicesOf(answer).map(generatedBy).join(''),
  read: (answer) => (isCompletion(answer) ? { usage: usageOf(answer) } : undefined),
  scan: scanCompletion,
};
