/** What is wrong with answers that came in good order, and are not what was asked for. */
import { parseObject, serverMessage } from './answers.js';
import type { Dialect } from './dialects/dialect.js';

/** A stream was asked for, and something else came. */
export function unstreamedProblem(dialect: Dialect, contentType: string, text: string): string {
  const found = contentType === '' ? 'no content-type' : `content-type ${contentType}`;
  const answer = parseObject(text);
  return answer && dialect.read(answer)
    ? `the server ignored "stream": true and sent the whole answer at once (${found})`
    : `expected text/event-stream, got ${found}: ${(answer && serverMessage(answer)) ?? text}`;
}

/** Sound was asked for, and something else came, or nothing. */
export function soundProblem(bytes: number, contentType: string, text: string): string {
  const problem = bytes === 0 ? 'the answer is empty' : 'expected sound';
  return `${problem}, got content-type ${contentType || 'absent'}: ${text}`;
}

/** A whole answer was asked for, and this is none. */
export function wholeProblem({ noun }: Dialect, contentType: string, text: string): string {
  const answer = parseObject(text);
  return answer
    ? `the answer is JSON, but not ${noun}: ${serverMessage(answer) ?? text}`
    : `the answer is not a JSON object (content-type ${contentType || 'absent'}): ${text}`;
}
