import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { baseBody } from '../../src/server/protocols/openai/chat/body.js';
import { checkParameters } from '../../src/server/protocols/openai/chat/known-parameters.js';
import { plainBody } from '../../src/server/protocols/openai/chat/plain-body.js';
import { PlainBytes } from '../../src/server/protocols/openai/chat/plain-bytes.js';

const odd = fc.constantFrom<unknown>(null, '', 'x', -1, 0, 0.5, 1, 2, 128, 129, 2 ** 53, true, [], {}, [1]);
const or = (usual: fc.Arbitrary<unknown>) => fc.oneof({ weight: 9, arbitrary: usual }, odd);

/** Mostly what is given, sometimes with one of the others too. */
const andPerhaps = (usual: fc.Arbitrary<object>, others: readonly object[]) =>
  fc
    .tuple(usual, fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, fc.constantFrom(...others)))
    .map(([known, other]) => ({ ...known, ...other }));

const message = andPerhaps(
  fc.record({
    role: or(fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool')),
    content: or(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'é', 'a') }),
      ),
    ),
  }),
  [{ name: 'n' }, { tool_call_id: 'c' }, { unknown: 1 }, { role: undefined }],
);

const body = andPerhaps(
  fc.record(
    {
      model: or(fc.string()),
      messages: or(
        fc.array(fc.oneof({ weight: 19, arbitrary: message }, odd), { minLength: 1, maxLength: 2 }),
      ),
      stream: or(fc.boolean()),
      n: or(fc.integer({ min: 1, max: 128 })),
      max_tokens: or(fc.integer({ min: 1 })),
      max_completion_tokens: or(fc.integer({ min: 1 })),
      min_tokens: or(fc.nat()),
      ignore_eos: or(fc.boolean()),
      seed: or(fc.integer()),
      temperature: or(fc.double({ min: 0, max: 2, noNaN: true })),
      top_p: or(fc.double({ min: 0, max: 1, noNaN: true })),
      user: or(fc.string()),
    },
    { requiredKeys: ['model', 'messages'] },
  ),
  [
    { stream_options: { include_usage: true } },
    { stop: 'a' },
    { tools: [] },
    { unknown: 1 },
    { model: undefined },
  ],
);

describe('a body that is recognized as plain', () => {
  it('is one that the schema takes as it is, without further parameters', () => {
    let recognized = 0;
    fc.assert(
      fc.property(body, (given) => {
        const input = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
        const plain = plainBody(input);
        if (!plain) return;
        recognized++;
        expect(plain).toEqual(baseBody.parse(input));
        expect(checkParameters(input)).toBe(false);
      }),
      { numRuns: 3000 },
    );
    expect(recognized).toBeGreaterThan(20);
  });

  it('is what clients send most', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi.' },
    ];
    expect(plainBody({ model: 'm', messages })).toBeDefined();
    expect(plainBody({ model: 'm', messages, stream: true, max_tokens: 5, temperature: 0.7 })).toBeDefined();
  });
});

/** What JSON.parse and `plainBody` make of a text; undefined when it is no plain body. */
function parsed(text: string): unknown {
  try {
    return plainBody(JSON.parse(text) as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

/** Without parameters that are not there. */
const present = (read: object | undefined): unknown => read && JSON.parse(JSON.stringify(read));

describe('a plain body that is read out of its bytes', () => {
  const reader = new PlainBytes();
  const read = (text: string): unknown => present(reader.read(Buffer.from(text)));

  it('is what its text means, however that is laid out', () => {
    let recognized = 0;
    fc.assert(
      fc.property(body, fc.constantFrom('', ' ', '\n\t', '\r\n  '), (given, blanks) => {
        const text = JSON.stringify(given, undefined, blanks);
        const plain = read(text);
        if (plain === undefined) return;
        recognized++;
        // From the third time on it is known again.
        for (let time = 0; time < 3; time++) expect(read(text)).toEqual(parsed(text));
      }),
      { numRuns: 3000 },
    );
    expect(recognized).toBeGreaterThan(20);
  });

  it('is never made of a text that is none, or means another', () => {
    const usual =
      '{"model": "m", "messages": [{"role":"user","content":"Hi."}, {"content":"Yes?","role":"assistant"}], ' +
      '"max_tokens": 64, "temperature": 0.25, "seed": -7, "stream": true, "top_p": 1e-2, "ignore_eos": false} ';
    for (let time = 0; time < 3; time++) expect(read(usual)).toEqual(parsed(usual));
    const piece = fc.constantFrom(
      ...'{}[]",:\\ \n0123456789.-+eEtrufalsn\u0001\u00e9'.split(''),
      '\\"',
      '\\ud83d',
      '"n":2,',
      '"role"',
    );
    const place = fc.nat(usual.length);
    fc.assert(
      fc.property(place, fc.nat(3), fc.array(piece, { maxLength: 3 }), (at, cut, added) => {
        const text = usual.slice(0, at) + added.join('') + usual.slice(at + cut);
        const plain = read(text);
        if (plain !== undefined) expect(plain).toEqual(parsed(text));
      }),
      { numRuns: 5000 },
    );
    for (let length = 0; length < usual.length - 1; length++)
      expect(read(usual.slice(0, length))).toBeUndefined();
  });

  it('has the texts of its own messages, however many were alike', () => {
    const asked = (content: string, others = {}) =>
      JSON.stringify({
        model: 'm',
        messages: [
          { role: 'user', content },
          { role: 'assistant', content: 'Yes.' },
        ],
        ...others,
      });
    const texts = ['One?', '', 'Two, perhaps?', 'An "escape".', 'é', 'One?'];
    for (const others of [{}, { n: 2 }, { n: 3 }, {}])
      for (const text of [...texts, ...texts]) {
        const sent = asked(text, others);
        const plain = read(sent);
        expect(plain).toBeDefined();
        expect(plain).toEqual(parsed(sent));
      }
  });

  it('has no bytes that are no UTF-8', () => {
    const sent = Buffer.from('{"model":"m","messages":[{"role":"user","content":"?"}]}');
    expect(reader.read(sent)).toBeDefined();
    sent[sent.indexOf('?')] = 0xff;
    expect(reader.read(sent)).toBeUndefined();
  });

  it('is what clients send most', () => {
    const messages = [
      { role: 'system', content: 'Be brief.\n' },
      { role: 'user', content: 'Hi, "Zoë".' },
    ];
    for (const others of [
      {},
      { stream: true },
      { max_tokens: 5, temperature: 0.7, seed: 0, n: 2 },
      { user: 'u' },
    ])
      expect(read(JSON.stringify({ model: 'm', messages, ...others }))).toEqual({
        model: 'm',
        messages,
        ...others,
      });
  });
});
