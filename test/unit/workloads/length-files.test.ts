import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import { readLength, readLengthPairs } from '../../../src/workloads/length-files.js';
import { sampleLength } from '../../../src/workloads/lengths.js';
import { createLane } from '../../../src/workloads/requests.js';
import { temporaryFiles } from './files.js';
import { planOf } from './plans.js';

const write = temporaryFiles();
const values = async (content: string): Promise<number[]> => {
  const length = await readLength(`file:${await write('Lengths.txt', content)}`, '--input-tokens');
  return length.kind === 'empirical' ? [...length.values] : [];
};
const pairs = async (content: string): Promise<number[][]> => {
  const { inputTokens, outputTokens } = await readLengthPairs(await write('pairs.csv', content));
  return [inputTokens, outputTokens].map((each) => (each.kind === 'empirical' ? [...each.values] : []));
};

describe('lengths of a file', () => {
  it.each([
    ['5\n6\n\n7\n', [5, 6, 7]],
    ['isl\r\n5\r\n6\r\n', [5, 6]],
    ['name,tokens\nx,5\ny,6', [5, 6]],
    ['[5, 6,\n 7]', [5, 6, 7]],
    ['{"input_tokens":5}\n{"prompt_tokens":6}', [5, 6]],
    ['[{"isl":5},{"isl":6}]', [5, 6]],
    ['\uFEFF5\n6', [5, 6]],
  ])('are read: %j', async (content, expected) => {
    expect(await values(content)).toEqual(expected);
  });

  it('are drawn with the frequencies of the file', async () => {
    const length = await readLength(`file:${await write('a', '10\n10\n10\n20')}`, '--input-tokens');
    const random = createRandom(1);
    const drawn = Array.from({ length: 4000 }, () => sampleLength(length, random));
    expect(new Set(drawn)).toEqual(new Set([10, 20]));
    expect(Math.abs(drawn.filter((value) => value === 20).length / 4000 - 0.25)).toBeLessThan(0.035);
  });

  it.each([
    ['5\nx', ':2: field "length" must be a whole number from 1 to 10000000, not "x"'],
    ['5\n0', ':2: field "length"'],
    ['5\n-1', ':2:'],
    ['5\n1.5', ':2:'],
    ['{"foo":1}', ':1: field "length" is missing'],
    ['{"isl":', ':1: the line is not a JSON object'],
    ['[5,6', 'does not end a JSON list'],
    ['[5,"a"]', ':2: field "length" must be'],
    ['', 'has no lengths'],
    ['isl\n', 'has no lengths'],
  ])('are refused: %j', async (content, problem) => {
    await expect(values(content)).rejects.toThrow(problem);
  });

  it('are a setting like any other', async () => {
    expect(await readLength('normal(5,1)', 'x')).toMatchObject({ kind: 'normal' });
    await expect(readLength('file:/nowhere/at/all', 'x')).rejects.toMatchObject({
      code: 'FAKEAI_FILE_UNREADABLE',
    });
  });
});

describe('pairs of lengths', () => {
  it.each([
    '100,1\n200,2',
    'output_tokens,model,input_tokens\n1,a,100\n2,b,200',
    '{"isl":100,"osl":1}\n{"isl":200,"osl":2}',
    '[100,1]\n[200,2]',
    '[[100,1],\n[200,2]]',
    '[{"input_length":100,"output_length":1},{"input_length":200,"output_length":2}]',
  ])('are read: %j', async (content) => {
    expect(await pairs(content)).toEqual([
      [100, 200],
      [1, 2],
    ]);
  });

  it('need both', async () => {
    await expect(pairs('100\n200')).rejects.toThrow(':1: field "output_tokens" is missing');
  });

  it('stay together', async () => {
    const lengths = await readLengthPairs(await write('c', '10,1\n20,2\n30,3'));
    const lane = createLane(planOf({ workload: { kind: 'synthetic', ...lengths } }), 0, {
      index: 0,
      count: 1,
    });
    const seen = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const { inputTokens, outputTokens } = lane.next()!;
      expect(inputTokens).toBe(outputTokens * 10);
      seen.add(outputTokens);
    }
    expect(seen.size).toBe(3);
  });
});
