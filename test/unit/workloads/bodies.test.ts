import { describe, expect, it } from 'vitest';
import { bodyWriter } from '../../../src/workloads/bodies/index.js';
import { checkTemplate } from '../../../src/workloads/bodies/raw.js';
import type { Said } from '../../../src/workloads/content.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { createLane } from '../../../src/workloads/requests.js';
import { fixed, planOf } from './plans.js';

const bodyOf = (over: Partial<Plan>, said: Said): unknown => JSON.parse(bodyWriter(planOf(over))(said, 8));
const plain: Said = { kind: 'text', system: undefined, prompt: 'hi \\"you\\"' };
const instructed: Said = { kind: 'text', system: 'Be brief.', prompt: 'hi' };
const talk: Said = {
  kind: 'messages',
  messages: [
    { role: 'system', content: 'Be "brief".' },
    { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    { role: 'assistant', content: 'ho' },
  ]
    .map((message) => JSON.stringify(message))
    .join(','),
};

describe('the bodies of other endpoints for text', () => {
  it('completions: one prompt', () => {
    const stream = { stream: true, stream_options: { include_usage: true } };
    const body = (said: Said, over: Partial<Plan> = {}) => bodyOf({ endpoint: 'completions', ...over }, said);
    expect(body(plain)).toEqual({ model: 'fakeai-1', prompt: 'hi "you"', max_tokens: 8, ...stream });
    expect(body(talk)).toMatchObject({ prompt: 'Be "brief".\n\nhi\n\nho' });
    expect(body(instructed, { ignoreEos: true, streaming: false })).toEqual({
      model: 'fakeai-1',
      prompt: 'Be brief.\n\nhi',
      max_tokens: 8,
      min_tokens: 8,
      ignore_eos: true,
    });
  });

  it('responses: instructions and input', () => {
    const common = { model: 'fakeai-1', store: false, max_output_tokens: 8, stream: true };
    expect(bodyOf({ endpoint: 'responses' }, plain)).toEqual({
      ...common,
      input: [{ role: 'user', content: 'hi "you"' }],
    });
    expect(bodyOf({ endpoint: 'responses' }, talk)).toEqual({
      ...common,
      instructions: 'Be "brief".',
      input: [
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        { role: 'assistant', content: 'ho' },
      ],
    });
  });

  it('messages: the system message stands apart', () => {
    expect(bodyOf({ endpoint: 'messages', streaming: false }, instructed)).toEqual({
      model: 'fakeai-1',
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 8,
    });
    expect(bodyOf({ endpoint: 'messages' }, talk)).toMatchObject({
      system: 'Be "brief".',
      messages: [{ role: 'user' }, { role: 'assistant', content: 'ho' }],
    });
  });

  it('take further members', () => {
    for (const endpoint of ['chat', 'completions', 'responses', 'messages'] as const)
      expect(
        bodyOf({ endpoint, endpointOptions: { extra: '"temperature":0,"top_k":3' } }, plain),
      ).toMatchObject({
        model: 'fakeai-1',
        temperature: 0,
        top_k: 3,
      });
  });

  it.each(['responses', 'messages'] as const)('%s go on after an answer', (endpoint) => {
    const workload: Plan['workload'] = {
      kind: 'synthetic',
      inputTokens: fixed(3),
      outputTokens: fixed(3),
      shape: { systemTokens: 4 },
      session: { turns: fixed(2), delayMs: fixed(0) },
    };
    const lane = createLane(planOf({ endpoint, workload }), 0, { index: 0, count: 1 });
    const first = lane.next()!;
    const second = JSON.parse(first.followUp!.requestWith('so "it" is').body) as Record<string, unknown>;
    const [system, list] = endpoint === 'responses' ? ['instructions', 'input'] : ['system', 'messages'];
    expect(second[system]).toBe((JSON.parse(first.body) as Record<string, unknown>)[system]);
    expect(second[list]).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'so "it" is' },
      { role: 'user' },
    ]);
  });
});

describe('a template', () => {
  it('is filled in', () => {
    const template = '{"a":["{{ prompt }}"],"b":{{max_tokens}},"c":{{stream}},"d":"{{model}}"}';
    expect(() => checkTemplate(template, 'x')).not.toThrow();
    expect(bodyOf({ endpoint: 'raw', endpointOptions: { raw: { template } } }, plain)).toEqual({
      a: ['hi "you"'],
      b: 8,
      c: true,
      d: 'fakeai-1',
    });
  });

  it.each([
    ['{"a":"{{promt}}"}', 'has no {{promt}} to fill in'],
    ['{"a":1}', 'has no {{prompt}}'],
    ['{"a":{{prompt}}}', 'is not JSON once'],
    ['{"a":"{{prompt}}"', 'is not JSON once'],
  ])('%s is refused', (template, problem) => {
    expect(() => checkTemplate(template, '--raw-body x')).toThrow(problem);
  });

  it('may be no JSON at all', () => {
    expect(() => checkTemplate('<q>{{prompt}}</q>', 'x')).not.toThrow();
  });
});

describe('requests about items', () => {
  const inputs = (shard = { index: 0, count: 1 }, count = 6): string[][] => {
    const lane = createLane(planOf({ endpoint: 'embeddings', endpointOptions: { items: 3 } }), 0, shard);
    return Array.from({ length: count }, () => (JSON.parse(lane.next()!.body) as { input: string[] }).input);
  };

  it('have texts of their own, the same in every shard', () => {
    const whole = inputs();
    expect(new Set(whole.flat()).size).toBe(18);
    expect([inputs({ index: 0, count: 2 }, 3), inputs({ index: 1, count: 2 }, 3)].flat()).toEqual(
      [0, 2, 4, 1, 3, 5].map((i) => whole[i]),
    );
  });

  it('count the tokens of all their texts', () => {
    const lane = createLane(planOf({ endpoint: 'rerank', endpointOptions: { items: 4 } }), 0, {
      index: 0,
      count: 1,
    });
    expect(lane.next()).toMatchObject({ inputTokens: 100, outputTokens: 0 });
  });
});
