import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { isCompletion, parseObject, usageOf } from '../../src/engine/answers.js';
import { scanCompletion } from '../../src/engine/dialects/completion-scan.js';

const scan = (text: string): ReturnType<typeof scanCompletion> => {
  const bytes = Buffer.from(`"{${text}}"`);
  return scanCompletion(bytes, 2, bytes.length - 2);
};

/** What a parser makes of the same text. */
function expected(text: string): ReturnType<typeof scanCompletion> {
  const answer = parseObject(text);
  return answer && isCompletion(answer) ? { usage: usageOf(answer) } : undefined;
}

const key = fc.oneof(
  fc.constantFrom('choices', 'usage', 'prompt_tokens', 'completion_tokens'),
  fc.string({ maxLength: 5 }),
);
const usage = fc.record(
  { prompt_tokens: fc.oneof(fc.nat(), fc.double()), completion_tokens: fc.nat(), total_tokens: fc.nat() },
  { requiredKeys: [] },
);
const answer = fc
  .record(
    {
      id: fc.string({ unit: 'grapheme' }),
      choices: fc.array(fc.jsonValue()),
      usage: fc.oneof(usage, fc.jsonValue()),
      extra: fc.dictionary(key, fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  .chain((object) => fc.constantFrom(JSON.stringify(object), JSON.stringify(object, null, ' \t')));

describe('the scan of a completion', () => {
  it('finds what a JSON parser finds', () => {
    fc.assert(
      fc.property(answer, (text) => {
        expect(scan(text)).toEqual(expected(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('accepts nothing that is not JSON', () => {
    const spoiled = fc.tuple(
      answer,
      fc.nat(),
      fc.nat(3),
      fc.constantFrom('', ',', '"', '\\', '0', '.', '}', '[', '\n', '-', 'e', 'tru'),
    );
    fc.assert(
      fc.property(spoiled, ([text, at, cut, put]) => {
        const where = at % (text.length + 1);
        const broken = text.slice(0, where) + put + text.slice(where + cut);
        expect(scan(broken)).toEqual(expected(broken));
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['1e3', '1E+0', '1.0', '0.5', '-0', '-1', '1e-1', '1e400', '9007199254740993', '"1"', 'null'])(
    'reads %s as a parser does',
    (count) => {
      const text = `{"choices":[],"usage":{"prompt_tokens":${count},"completion_tokens":2}}`;
      expect(scan(text)).toEqual(expected(text));
    },
  );

  it.each([
    '-',
    '01',
    '1.',
    '.5',
    '1e',
    '+1',
    '"\u0001"',
    '"\\x"',
    '"\\u12g4"',
    '[1,]',
    '{"a":1,}',
    'nul',
    '[',
    '{"a"}',
  ])('refuses %s', (value) => {
    expect(scan(`{"choices":[${value}]}`)).toBeUndefined();
  });

  it('leaves very deep JSON to the parser', () => {
    expect(scan(`{"choices":${'['.repeat(100)}${']'.repeat(100)}}`)).toBeUndefined();
  });
});
