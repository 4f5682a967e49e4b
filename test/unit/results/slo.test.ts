import { describe, expect, test } from 'vitest';
import { FakeaiError } from '../../../src/lib/errors.js';
import { evaluateSlos, refuseUnknownTargets } from '../../../src/results/gates.js';
import { formatSlo, parseSlo, sloUnit } from '../../../src/results/slo.js';
import { distributionOf } from '../../fixtures/run.js';

const noRates = { goodput: null, goodput_share: null, item_rate: null };

const quantile = (metric: string, percent: number) => ({ metric, statistic: { kind: 'quantile', percent } });

describe('parseSlo', () => {
  test.each([
    ['ttft.p95 < 500ms', quantile('ttft', 95), '<', 500],
    ['  ttft.p95<500 ', quantile('ttft', 95), '<', 500],
    ['ttft . p95 < 0.5 s', quantile('ttft', 95), '<', 500],
    ['e2e.p99.9 <= 1.5m', quantile('e2e', 99.9), '<=', 90_000],
    ['e2e.p999 <= 2s', quantile('e2e', 99.9), '<=', 2000],
    ['itl.p9999 < 100ms', quantile('itl', 99.99), '<', 100],
    ['itl.p7 < 250us', quantile('itl', 7), '<', 0.25],
    ['itl.p50 < 250µs', quantile('itl', 50), '<', 0.25],
    ['tpot.mean < 2e1ms', { metric: 'tpot', statistic: { kind: 'moment', name: 'mean' } }, '<', 20],
    [
      'output_tokens.min >= 10tokens',
      { metric: 'output_tokens', statistic: { kind: 'moment', name: 'min' } },
      '>=',
      10,
    ],
    ['ttft.count >= 100', { metric: 'ttft', statistic: { kind: 'count' } }, '>=', 100],
    ['error_rate < 1%', { metric: 'error_rate' }, '<', 1],
    ['request_rate >= 100', { metric: 'request_rate' }, '>=', 100],
    ['request_rate > 100 req/s', { metric: 'request_rate' }, '>', 100],
    ['output_token_rate > 1000tokens/s', { metric: 'output_token_rate' }, '>', 1000],
  ])('%s', (text, gated, operator, limit) => {
    expect(parseSlo(text)).toEqual({ text: text.trim(), gated, operator, limit });
  });

  test.each([
    ['', 'not a gate', '<metric>'],
    ['ttft.p95', 'not a gate', '<metric>'],
    ['ttft.p95 < fast', 'not a gate', '<metric>'],
    ['ttft.p95 < -5', 'not a gate', '<metric>'],
    [`ttft.p95 < ${'9'.repeat(300)}`, 'not a gate', '<metric>'],
    ['ttftt.p95 < 500ms', '"ttftt" is not a metric', 'Did you mean ttft?'],
    ['constructor.p95 < 5', '"constructor" is not a metric', 'Did you mean'],
    ['ttft < 500ms', 'needs a statistic', 'ttft.p95: mean, stddev, min, max, count'],
    ['ttft.p_95 < 500ms', '"p_95" is not a statistic', 'Did you mean p95?'],
    ['ttft.avg < 500ms', '"avg" is not a statistic', 'Choose mean'],
    ['ttft.p100 < 1s', 'not between p0 and p100', 'min or max'],
    ['ttft.p0 < 1s', 'not between p0 and p100', 'min or max'],
    ['error_rate.p95 < 1%', 'takes no statistic', 'without ".p95"'],
    ['ttft.p95 == 500ms', '"==" is not an operator', '<, <=, > and >='],
    ['ttft.p95 => 500ms', '"=>" is not an operator', '<, <=, > and >='],
    ['ttft.p95 < 500tokens', '"tokens" is not a unit of ttft', 'Use ms, us, µs, s, m'],
    ['error_rate < 1ms', '"ms" is not a unit of error_rate', 'Use %'],
    ['ttft.count > 5ms', '"ms" is not a unit of ttft', 'no unit'],
    ['ttft{}.p95 < 5ms', 'not a tag', '{target:NAME}'],
    ['ttft{turns:2}.p95 < 5ms', '"turns" is not a tag', 'target and turn'],
    ['ttft{turn:0}.p95 < 5ms', '"0" is not a turn', 'from 1'],
    ['ttft{turn:17}.p95 < 5ms', '"17" is not a turn', 'up to 16'],
    ['ttft{turn:1,turn:2}.p95 < 5ms', '"turn" is given twice', 'or both'],
    ['itl{turn:2}.p95 < 5ms', 'itl is not kept per turn', 'ttft'],
    ['error_rate{turn:2} < 5%', 'error_rate is not kept per turn', 'ttft'],
    ['ttft.p95 < 500ms please', 'not a gate', '<metric>'],
    ['ttft.p95 < 1e999', 'too large', 'smaller'],
  ])('refuses %s', (text, problem, hint) => {
    const error = thrownBy(() => parseSlo(text));
    expect(error).toMatchObject({ code: 'FAKEAI_SLO_SYNTAX', exitCode: 2 });
    expect(error.message).toContain(problem);
    expect(error.hint).toContain(hint);
  });
});

function thrownBy(action: () => unknown): FakeaiError {
  try {
    action();
  } catch (error) {
    if (error instanceof FakeaiError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('a tag names the target that is gated', () => {
  expect(parseSlo('ttft{target:a.b-c}.p95 < 5ms')).toMatchObject({
    target: 'a.b-c',
    gated: quantile('ttft', 95),
  });
  expect(parseSlo('error_rate { target : a } < 5%')).toMatchObject({ target: 'a' });
  const names = ['a', 'b'];
  expect(() => refuseUnknownTargets([parseSlo('ttft{target:b}.p95 < 5ms')], names)).not.toThrow();
  expect(() => refuseUnknownTargets([parseSlo('ttft{target:c}.p95 < 5ms')], names)).toThrow(
    '"c" is not a target of this run',
  );
  const rates = { ...noRates, request_rate: 5, output_token_rate: 5, input_token_rate: 5, error_rate: 0 };
  const subjects = names.map((name) => ({ name, distributions: {}, rates }));
  expect(evaluateSlos([parseSlo('request_rate{target:b} > 1')], subjects)).toMatchObject([
    { target: 'b', passed: true },
  ]);
  expect(evaluateSlos([parseSlo('request_rate{target:c} > 1')], subjects)).toMatchObject([
    { target: 'c', passed: false, value: null },
  ]);
});

test('a gate on a turn is about the requests of that turn', () => {
  const gate = parseSlo('ttft{target:a,turn:2}.mean < 15ms');
  expect(gate).toMatchObject({ target: 'a', turn: 2, limit: 15 });
  expect(parseSlo(formatSlo(gate))).toEqual({ ...gate, text: formatSlo(gate) });
  const rates = { ...noRates, request_rate: 1, output_token_rate: 1, input_token_rate: 1, error_rate: 0 };
  const turns = [100, 10].map((ms, i) => ({
    turn: i + 1,
    distributions: { ttft: distributionOf('ttft', [ms]) },
  }));
  const subjects = [{ name: 'a', distributions: { ttft: distributionOf('ttft', [100, 10]) }, rates, turns }];
  const passed = (text: string) => evaluateSlos([parseSlo(text)], subjects)[0]!.passed;
  expect(passed(gate.text)).toBe(true);
  expect(passed('ttft{turn:1}.mean < 15ms')).toBe(false);
  expect(passed('ttft{turn:3}.mean < 15ms')).toBe(false);
  expect(passed('ttft.mean < 15ms')).toBe(false);
});

describe('evaluateSlos', () => {
  const rates = {
    ...noRates,
    request_rate: 50,
    output_token_rate: 6400,
    input_token_rate: 27_500,
    error_rate: 0.4,
  };
  const ttft = distributionOf(
    'ttft',
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  const fast = { name: 'fast', distributions: { ttft }, rates };
  const slow = { name: 'slow', distributions: {}, rates: { ...rates, request_rate: null } };
  const results = (text: string) => evaluateSlos([parseSlo(text)], [fast, slow]);

  test('compares quantiles, moments, counts and rates with the limit', () => {
    expect(results('ttft.p90 < 90.1')[0]).toMatchObject({ target: 'fast', passed: true, unit: 'ms' });
    expect(results('ttft.p90 < 89')[0]?.passed).toBe(false);
    expect(results('ttft.mean > 50.4')[0]).toMatchObject({ passed: true, value: 50.5 });
    expect(results('ttft.count >= 100')[0]).toMatchObject({ passed: true, value: 100, unit: 'values' });
    expect(results('ttft.max <= 0.1s')[0]).toMatchObject({ passed: true, value: 100 });
    expect(results('error_rate < 0.4%')[0]).toMatchObject({ passed: false, value: 0.4, unit: '%' });
  });

  test('judges each target on its own', () => {
    expect(results('request_rate >= 50').map((r) => [r.target, r.passed, r.value])).toEqual([
      ['fast', true, 50],
      ['slow', false, null],
    ]);
  });

  test('fails what is absent or below the sample floor, with value null', () => {
    expect(results('ttft.p95 < 1h'.replace('1h', '60m'))[1]).toMatchObject({ passed: false, value: null });
    expect(results('ttft.p99 < 1m')[0]).toMatchObject({ passed: false, value: null });
  });

  test('a count is in values, everything else in its metric', () => {
    expect(sloUnit(parseSlo('itl.p50 < 1s'))).toBe('ms');
    expect(sloUnit(parseSlo('itl.count > 1'))).toBe('values');
  });
});
