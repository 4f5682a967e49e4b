import * as fc from '../support/fast-check.js';
import { expect, test } from 'vitest';
import { DISTRIBUTION_NAMES, RATE_NAMES } from '../../src/results/metrics.js';
import { formatSlo, parseSlo, type SloExpression } from '../../src/results/slo.js';

const statistic = fc.oneof(
  fc
    .constantFrom('mean', 'stddev', 'min', 'max')
    .map((name) => ({ kind: 'moment' as const, name: name as 'mean' })),
  fc.constant({ kind: 'count' as const }),
  fc.integer({ min: 1, max: 99_999 }).map((n) => ({ kind: 'quantile' as const, percent: n / 1000 })),
);
const gated = fc.oneof(
  fc.record({ metric: fc.constantFrom(...DISTRIBUTION_NAMES), statistic }),
  fc.record({ metric: fc.constantFrom(...RATE_NAMES) }),
);
const slo: fc.Arbitrary<Omit<SloExpression, 'text'>> = fc.record(
  {
    gated,
    target: fc.stringMatching(/^[\w.-]+$/),
    operator: fc.constantFrom('<', '<=', '>', '>='),
    limit: fc.double({ min: 0, max: 1e12, noNaN: true }).map((limit) => limit + 0),
  },
  { requiredKeys: ['gated', 'operator', 'limit'] },
);

test('what formatSlo writes, parseSlo reads back', () => {
  fc.assert(
    fc.property(slo, (expression) => {
      const text = formatSlo(expression);
      expect(parseSlo(text)).toEqual({ ...expression, text });
    }),
    { numRuns: 500 },
  );
});
