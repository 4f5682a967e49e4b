import { getEncoding, type Tiktoken } from 'js-tiktoken';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PromptShape } from '../../../src/workloads/plan.js';
import { createLane } from '../../../src/workloads/requests.js';
import { fixed, planOf } from './plans.js';

let encoding: Tiktoken;
beforeAll(() => {
  encoding = getEncoding('o200k_base');
});

interface Sent {
  system: string | undefined;
  prompt: string;
  inputTokens: number;
}

function send(shape: PromptShape, count: number, inputTokens = 20): Sent[] {
  const workload = {
    kind: 'synthetic' as const,
    inputTokens: fixed(inputTokens),
    outputTokens: fixed(1),
    shape,
  };
  const lane = createLane(planOf({ workload }), 0, { index: 0, count: 1 });
  return Array.from({ length: count }, () => {
    const request = lane.next()!;
    const { messages }: { messages: { role: string; content: string }[] } = JSON.parse(request.body);
    return {
      system: messages.find(({ role }) => role === 'system')?.content,
      prompt: messages.at(-1)!.content,
      inputTokens: request.inputTokens,
    };
  });
}

const tokens = (text: string): number => encoding.encode(text).length;
const everyShape: PromptShape = {
  systemTokens: 11,
  prefixPool: { prefixes: 3, tokens: 13, hitRatio: 0.5 },
  pool: 5,
};

it('every request has exactly the tokens that it says', () => {
  const shapes: PromptShape[] = [
    everyShape,
    { ...everyShape, cacheBust: 'start' },
    { ...everyShape, cacheBust: 'end' },
    { cacheBust: 'start' },
    { prefixPool: { prefixes: 2, tokens: 7, hitRatio: 1 }, cacheBust: 'start' },
  ];
  for (const shape of shapes) {
    for (const { system, prompt, inputTokens } of send(shape, 20)) {
      expect(tokens(system ?? '') + tokens(prompt)).toBe(inputTokens);
    }
  }
  expect(send({ ...everyShape, cacheBust: 'end' }, 1)[0]!.inputTokens).toBe(20 + 11 + 13 + 8);
});

it('a system message is the same in all requests', () => {
  const all = send({ systemTokens: 50 }, 10);
  expect(new Set(all.map(({ system }) => system)).size).toBe(1);
  expect(new Set(all.map(({ prompt }) => prompt)).size).toBe(10);
});

describe('a prefix pool', () => {
  const heads = (hitRatio: number, count: number) =>
    send({ prefixPool: { prefixes: 4, tokens: 30, hitRatio } }, count).map(({ prompt }) =>
      encoding.decode(encoding.encode(prompt).slice(0, 30)),
    );

  it('gives every prompt one of its prefixes', () => {
    expect(new Set(heads(1, 200)).size).toBe(4);
    expect(new Set(heads(0, 50)).size).toBe(50);
  });

  it('meets the hit ratio', () => {
    const seen = new Map<string, number>();
    for (const head of heads(0.75, 1000)) seen.set(head, (seen.get(head) ?? 0) + 1);
    const shared = [...seen.values()].filter((count) => count > 1).reduce((sum, count) => sum + count, 0);
    // Five standard errors of a share of 0.75 of 1,000.
    expect(Math.abs(shared / 1000 - 0.75)).toBeLessThan(0.07);
  });
});

it('a pool of prompts has so many different ones', () => {
  expect(new Set(send({ pool: 7 }, 300).map(({ prompt }) => prompt)).size).toBe(7);
});

describe('cache busting', () => {
  it('at the start makes the beginnings different, and leaves the rest', () => {
    const all = send({ systemTokens: 40, pool: 1, cacheBust: 'start' }, 30);
    expect(new Set(all.map(({ system }) => encoding.encode(system!).slice(0, 8).join())).size).toBe(30);
    expect(new Set(all.map(({ system }) => encoding.encode(system!).slice(8).join())).size).toBe(1);
    expect(new Set(all.map(({ prompt }) => prompt)).size).toBe(1);
  });

  it('at the end leaves everything before the same', () => {
    const all = send({ pool: 1, cacheBust: 'end' }, 30).map(({ prompt }) => encoding.encode(prompt));
    expect(new Set(all.map((ids) => ids.slice(0, 20).join())).size).toBe(1);
    expect(new Set(all.map((ids) => ids.slice(20).join())).size).toBe(30);
  });
});
