/** Answers of APIs that nobody here knows: what counts in them is named by paths. */
import { isCount, usageFrom, type Usage } from '../answers.js';
import type { RawEndpoint } from '../../workloads/plan.js';
import { commonError, type Dialect, type JsonObject } from './dialect.js';
import { EventScanner } from './event-scan.js';
import { readPath } from './json-path.js';

/** The dialect of a raw endpoint. Streams end with `[DONE]` or with the connection. */
export function rawDialect({ text, inputTokens, outputTokens }: RawEndpoint): Dialect {
  const textOf = (answer: JsonObject): string =>
    text === undefined
      ? ''
      : readPath(answer, text)
          .filter((value) => typeof value === 'string')
          .join('');
  const countAt = (answer: JsonObject, path: string | undefined): unknown =>
    path === undefined ? undefined : readPath(answer, path).find(isCount);
  const usageOf = (answer: JsonObject): Usage =>
    usageFrom(countAt(answer, inputTokens), countAt(answer, outputTokens));
  return {
    noun: 'JSON',
    scanner: new EventScanner([]),
    ending: 'close',
    endingName: '[DONE]',
    eitherWay: true,
    eventUsage: usageOf,
    eventText: textOf,
    eventError: commonError,
    said: textOf,
    generated: textOf,
    read: (answer) => ({ usage: usageOf(answer) }),
  };
}
