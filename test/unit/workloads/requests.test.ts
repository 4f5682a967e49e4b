import { getEncoding, type Tiktoken } from 'js-tiktoken';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/workloads/plan.js';
import { createLane, type PlannedRequest } from '../../../src/workloads/requests.js';
import { fixed, planOf, replayOf, type Row } from './plans.js';

let encodings: Tiktoken[];
beforeAll(() => {
  encodings = [getEncoding('o200k_base'), getEncoding('cl100k_base')];
});

const promptOf = (request: PlannedRequest | undefined): string => {
  const body: { messages: { content: string }[] } = JSON.parse(request!.body);
  return body.messages[0]!.content;
};

const requests = (plan: Plan, count: number): PlannedRequest[] => {
  const lane = createLane(plan, 0, { index: 0, count: 1 });
  return Array.from({ length: count }, () => lane.next()!);
};

const expectTokens = (text: string, count: number): void => {
  for (const encoding of encodings) expect(encoding.encode(text)).toHaveLength(count);
};

/** Tokens that two texts have in common from the start. */
const shared = (a: string, b: string): number => {
  const [left, right] = [encodings[0]!.encode(a), encodings[0]!.encode(b)];
  const at = left.findIndex((token, i) => token !== right[i]);
  return at < 0 ? left.length : at;
};

const replay = (rows: Row[]): { prompts: string[]; planned: PlannedRequest[] } => {
  const planned = requests(replayOf(rows), rows.length);
  return { planned, prompts: planned.map(promptOf) };
};

describe('synthetic prompts', () => {
  it.each([1, 2, 3, 17, 550, 4096])('have exactly %i tokens', (count) => {
    const plan = planOf({
      workload: { kind: 'synthetic', inputTokens: fixed(count), outputTokens: fixed(1) },
    });
    for (const request of requests(plan, 3)) {
      expect(request.inputTokens).toBe(count);
      expectTokens(promptOf(request), count);
    }
  });

  it('follow the distribution, and so do the answers', () => {
    const plan = planOf({
      workload: {
        kind: 'synthetic',
        inputTokens: { kind: 'uniform', min: 5, max: 50 },
        outputTokens: { kind: 'uniform', min: 1, max: 9 },
      },
    });
    const all = requests(plan, 300);
    for (const request of all.slice(0, 20)) expectTokens(promptOf(request), request.inputTokens);
    expect(new Set(all.map(({ inputTokens }) => inputTokens)).size).toBe(46);
    expect(new Set(all.map(({ outputTokens }) => outputTokens)).size).toBe(9);
  });

  it('do not share a block of 16 tokens at their beginning', () => {
    const begins = requests(planOf(), 5000).map((request) =>
      promptOf(request).split(' ').slice(0, 14).join(' '),
    );
    expect(new Set(begins).size).toBe(5000);
  });

  it('are others with another seed', () => {
    expect(promptOf(requests(planOf({ seed: 8 }), 1)[0])).not.toBe(promptOf(requests(planOf(), 1)[0]));
  });

  it('stay the same when only the answers change', () => {
    const other = planOf({
      workload: {
        kind: 'synthetic',
        inputTokens: fixed(20),
        outputTokens: { kind: 'normal', mean: 50, standardDeviation: 9 },
      },
    });
    expect(promptOf(requests(other, 1)[0])).toBe(promptOf(requests(planOf(), 1)[0]));
  });
});

describe('bodies', () => {
  it('quote the model', () => {
    const model = 'a "quoted"\\\n model \u2028 é';
    expect(JSON.parse(requests(planOf({ model }), 1)[0]!.body)).toMatchObject({ model });
  });

  it('are ASCII as long as the model is', () => {
    expect(requests(planOf(), 1)[0]!.body).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('trace prompts', () => {
  it('have exactly the lengths of the rows, with and without hashes, at block edges and between', () => {
    const lengths = [1, 511, 512, 513, 1024, 1500];
    const rows = lengths.flatMap((input, i) => [
      {
        input,
        output: i + 1,
        hashes: Array.from({ length: Math.ceil(input / 512) }, (_, j) => (j === 0 ? 0 : i * 10 + j)),
      },
      { input, output: i + 1 },
    ]);
    const { planned, prompts } = replay(rows);
    for (const [i, row] of rows.entries()) {
      expectTokens(prompts[i]!, row.input);
      expect(planned[i]).toMatchObject({ index: i, inputTokens: row.input, outputTokens: row.output });
    }
  });

  it('share what the hashes say and no more than a few words beyond', () => {
    const { prompts } = replay([
      { input: 1536, hashes: [1, 2, 3] },
      { input: 1536, hashes: [1, 2, 4] },
      { input: 1536, hashes: [1, 5, 6] },
      { input: 1536, hashes: [7, 8, 9] },
      { input: 1536, hashes: [1, 2, 3] },
    ]);
    const expected = [1024, 512, 0];
    for (const [i, tokens] of expected.entries()) {
      const common = shared(prompts[0]!, prompts[i + 1]!);
      expect(common).toBeGreaterThanOrEqual(tokens);
      expect(common).toBeLessThan(tokens + 12);
    }
    expect(prompts[4]).toBe(prompts[0]);
  });

  it('make a partial block the beginning of the whole one', () => {
    const { prompts } = replay([
      { input: 1024, hashes: [1, 2] },
      { input: 700, hashes: [1, 2] },
    ]);
    expect(prompts[0]!.startsWith(prompts[1]!)).toBe(true);
  });

  it('fill what no hash covers with text of the row alone', () => {
    const { prompts } = replay([
      { input: 1300, hashes: [1] },
      { input: 1300, hashes: [1] },
      { input: 300 },
      { input: 300 },
    ]);
    for (const prompt of prompts.slice(0, 2)) expectTokens(prompt, 1300);
    expect(shared(prompts[0]!, prompts[1]!)).toBeGreaterThanOrEqual(512);
    expect(shared(prompts[0]!, prompts[1]!)).toBeLessThan(524);
    expect(shared(prompts[2]!, prompts[3]!)).toBeLessThan(12);
  });

  it('are the same whether a block was remembered or written anew', () => {
    // 8,000 whole blocks are about 24 million characters, three times what is kept.
    const many = Array.from({ length: 80 }, (_, i) => ({
      input: 51_200,
      hashes: Array.from({ length: 100 }, (_unused, j) => i * 100 + j),
    }));
    const { prompts } = replay([...many, many[0]!]);
    expect(prompts[80]).toBe(prompts[0]);
  });

  it('can be long', () => {
    const hashes = Array.from({ length: 254 }, (_, i) => i);
    const { prompts } = replay([{ input: 130_000, hashes }]);
    expectTokens(prompts[0]!, 130_000);
  });

  it('end after the last row, in every shard', () => {
    const plan = replayOf([{ input: 5 }, { input: 6 }, { input: 7 }]);
    const lane = createLane(plan, 0, { index: 1, count: 2 });
    expect(lane.next()?.inputTokens).toBe(6);
    expect(lane.next()).toBeUndefined();
    expect(lane.next()).toBeUndefined();
    expect(createLane(plan, 0, { index: 3, count: 4 }).next()).toBeUndefined();
  });
});
