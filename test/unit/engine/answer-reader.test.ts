import { describe, expect, it } from 'vitest';
import { AnswerReader } from '../../../src/engine/answer-reader.js';
import { chatDialect } from '../../../src/engine/dialects/chat.js';

const ANSWER = JSON.stringify({
  choices: [{ message: { content: 'hi' } }],
  usage: { prompt_tokens: 3, completion_tokens: 1 },
});

/** Reads a whole answer that comes in these pieces, each of them in the same memory, as from a socket. */
function read(...pieces: string[]): AnswerReader {
  const reader = new AnswerReader(chatDialect, false, { onText: () => {} });
  const memory = Buffer.alloc(1024);
  reader.head(200, 'application/json', undefined);
  for (const piece of pieces) {
    const end = 7 + memory.write(piece, 7);
    expect(reader.data(memory, 7, end, 0)).toBe(true);
    memory.fill('x');
  }
  reader.end();
  return reader;
}

describe('an answer that is not a stream', () => {
  it('is read wherever it is cut', () => {
    for (let at = 0; at <= ANSWER.length; at++) {
      const reader = read(ANSWER.slice(0, at), ANSWER.slice(at));
      expect(reader).toMatchObject({
        kind: undefined,
        usage: { inputTokens: 3, outputTokens: 1 },
        bytes: ANSWER.length,
      });
    }
  });

  it('may end with white space, also in a piece of its own', () => {
    expect(read(`${ANSWER}\n`, '\r\n ').kind).toBeUndefined();
  });

  it('may not be followed by anything else', () => {
    expect(read(`${ANSWER}!`).kind).toBe('not_json');
    const reader = read(ANSWER, '\n', '{}', '!');
    expect(reader.kind).toBe('not_json');
    expect(reader.message).toBe('the answer goes on after its end: {}');
  });
});
