import { describe, expect, it } from 'vitest';
import { conditionsOfGates, formatConditions, parseConditions } from '../../../src/results/goodput.js';
import { parseSlo } from '../../../src/results/slo.js';

describe('parseConditions', () => {
  it('reads conditions in any of their spellings, and writes them back', () => {
    const conditions = [
      { metric: 'ttft', operator: '<', limit: 300 },
      { metric: 'tpot', operator: '<=', limit: 40 },
    ];
    for (const text of ['ttft < 300ms and tpot <= 40ms', 'ttft<0.3s&&tpot<=40', 'ttft < 300 , tpot <= 40ms'])
      expect(parseConditions(text)).toEqual(conditions);
    expect(parseConditions(formatConditions(parseConditions('ttft<0.3s and tpot<=40')))).toEqual(conditions);
    expect(parseConditions('output_rate_per_user >= 20')).toEqual([
      { metric: 'output_rate_per_user', operator: '>=', limit: 20 },
    ]);
  });

  it.each([
    ['', '"" is not a condition'],
    ['ttft < 300ms and', '"ttft < 300ms and" is not a condition'],
    ['ttft.p95 < 300ms', '"ttft.p95 < 300ms" is not a condition'],
    ['tttf < 3ms', '"tttf" is not a metric of single requests'],
    ['itl < 3ms', '"itl" is not a metric of single requests'],
    ['ttft < 3req/s', '"req/s" is not a unit of ttft'],
  ])('refuses %j', (text, problem) => {
    expect(() => parseConditions(text)).toThrow(problem);
  });
});

it('gates on latencies of requests are conditions, others are not', () => {
  const gates = [
    'ttft.p95 < 300ms',
    'output_rate_per_user.p50 > 20',
    'itl.p99 < 50ms',
    'error_rate < 1%',
    'ttft.min > 1ms',
    'tpot.stddev < 5ms',
    'e2e.count > 100',
    'tpot{target:a}.p95 < 40ms',
  ];
  expect(conditionsOfGates(gates.map(parseSlo))).toEqual([
    { metric: 'ttft', operator: '<', limit: 300 },
    { metric: 'output_rate_per_user', operator: '>', limit: 20 },
  ]);
});
