import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseBody } from '../../src/server/protocols/openai/chat/body.js';
import { checkParameters } from '../../src/server/protocols/openai/chat/known-parameters.js';
import { plainBody } from '../../src/server/protocols/openai/chat/plain-body.js';

const odd = fc.constantFrom<unknown>(null, '', 'x', -1, 0, 0.5, 1, 2, 128, 129, 2 ** 53, true, [], {}, [1]);
const or = (usual: fc.Arbitrary<unknown>) => fc.oneof({ weight: 9, arbitrary: usual }, odd);

const message = fc.record(
  {
    role: or(fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function')),
    content: or(fc.string()),
    name: fc.constant('n'),
    tool_call_id: fc.constant('c'),
    unknown: fc.constant(1),
  },
  { requiredKeys: ['role', 'content'] },
);

const body = fc.record(
  {
    model: or(fc.string()),
    messages: or(fc.array(fc.oneof({ weight: 19, arbitrary: message }, odd), { maxLength: 3 })),
    stream: or(fc.boolean()),
    stream_options: fc.constant({ include_usage: true }),
    n: or(fc.integer({ min: 1, max: 128 })),
    max_tokens: or(fc.nat()),
    max_completion_tokens: or(fc.nat()),
    min_tokens: or(fc.nat()),
    ignore_eos: or(fc.boolean()),
    stop: fc.constantFrom('a', ['b']),
    seed: or(fc.integer()),
    temperature: or(fc.double({ min: 0, max: 2, noNaN: true })),
    top_p: or(fc.double({ min: 0, max: 1, noNaN: true })),
    user: or(fc.string()),
    tools: fc.constant([]),
    unknown: fc.constant(1),
    __proto__: fc.constant({ model: 'm' }),
  },
  { requiredKeys: ['model', 'messages'] },
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
