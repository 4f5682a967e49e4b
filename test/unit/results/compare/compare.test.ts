import { describe, expect, test } from 'vitest';
import { compareRuns, judgeRules, pairTargets } from '../../../../src/results/compare/compare.js';
import { lineText, plainText } from '../../../../src/results/lines.js';
import { comparisonLines, type Comparison } from '../../../../src/results/compare/compare-lines.js';
import {
  comparedDifferences,
  planDifferences,
  unwaived,
} from '../../../../src/results/compare/plan-differences.js';
import { parseChangeRule } from '../../../../src/results/compare/rule.js';
import { createRandom } from '../../../../src/lib/random.js';
import type { RunFile } from '../../../../src/results/run-file.js';
import { distributionOf, openPlan, runFile, runOutcome, targetOutcome } from '../../../fixtures/run.js';

const runOf = (...options: Parameters<typeof targetOutcome>[0][]): RunFile =>
  runFile({ outcome: runOutcome(options.map((each) => targetOutcome(each))) });
const judge = (base: RunFile, other: RunFile, ...rules: string[]) =>
  judgeRules(rules.map(parseChangeRule), pairTargets(base, other)).map(({ outcome }) => outcome);

const base = runOf({});
const slower = runOf({ ttftMs: 240 });

describe('rules', () => {
  test.each([
    ['ttft.p95 > +10%', 'failed'],
    ['ttft.mean > +10%', 'failed'],
    ['ttft.p95 > +25ms', 'failed'],
    ['ttft.p95 > +0.025s', 'failed'],
    ['ttft.p95 > +25%', 'passed'],
    ['ttft.p95 > +80ms', 'passed'],
    ['ttft.p95 < -5%', 'passed'],
    ['ttft.p95 > -10%', 'failed'],
    ['tpot.p50 > +0%', 'passed'],
    ['ttft.p99.9 > +10%', 'no-value'],
    ['ttft{target:simulator}.p95 > +10%', 'failed'],
    ['ttft{target:other}.p95 > +10%', 'no-value'],
    ['error_rate > +1pp', 'passed'],
  ])('%s of a TTFT that rose by a fifth: %s', (rule, outcome) => {
    expect(judge(base, slower, rule)).toEqual([outcome]);
  });

  test('an improvement that was asked for and came is no failure', () => {
    expect(judge(slower, base, 'ttft.p95 > -10%', 'ttft.p95 < -5%')).toEqual(['passed', 'failed']);
  });

  test('what may be chance does not fail, however large it looks', () => {
    const few = { completed: 30 };
    expect(judge(runOf(few), runOf({ ...few, failed: 1 }), 'error_rate > +1pp')).toEqual(['within-noise']);
    expect(
      judge(runOf(few), runOf({ ...few, failed: 20 }), 'error_rate > +1pp', 'error_rate > +10%'),
    ).toEqual(['failed', 'failed']);
  });

  test('a metric or a target that one of the runs lacks fails', () => {
    const closed = runOf({ closed: true });
    const [result] = judgeRules([parseChangeRule('response_time.p50 > +1%')], pairTargets(base, closed));
    expect(result).toMatchObject({ outcome: 'no-value', passed: false });
    const two = runOf({ name: 'a' }, { name: 'b' });
    const changed = runOf({ name: 'a' }, { name: 'c' });
    expect(judge(two, changed, 'ttft.p50 > +10%')).toEqual(['passed', 'no-value', 'no-value']);
  });

  test.each([
    ['ttft.p95', 'not a rule'],
    ['ttft.p95 > 10%', 'not a rule'],
    ['ttft.p95 >= +10%', 'not a rule'],
    ['ttft.p95 > +10', 'a unit is missing'],
    ['ttft.p95 > +10tokens', '"tokens" is not a unit of ttft'],
    ['ttft.max > +10%', 'no confidence interval'],
    ['nope.p95 > +10%', '"nope" is not a metric'],
    ['ttft{turn:2}.p95 > +10%', 'turns are not compared'],
  ])('refuses %s', (rule, problem) => {
    expect(() => parseChangeRule(rule)).toThrow(
      expect.objectContaining({
        code: 'FAKEAI_RULE_SYNTAX',
        message: expect.stringContaining(problem) as string,
      }),
    );
  });
});

describe('intervals', () => {
  test('of two runs of the same truth, the interval of the change holds no change 95 times in 100', () => {
    const random = createRandom(7, 'coverage');
    let missed = 0;
    for (let i = 0; i < 300; i++) {
      const runs = [0, 1].map(() => {
        const values = Array.from({ length: 120 }, () => 100 * Math.exp(0.6 * random.normal()));
        const target = {
          ...targetOutcome({ completed: 120 }),
          distributions: { e2e: distributionOf('e2e', values) },
        };
        return runFile({ outcome: runOutcome([target]) });
      });
      const p90 = compareRuns(pairTargets(runs[0]!, runs[1]!)).find(({ figure }) => figure === 'e2e.p90')!;
      const { low, high } = p90.difference!;
      if ((low !== null && low > 0) || (high !== null && high < 0)) missed++;
    }
    expect(missed).toBeLessThanOrEqual(15);
  });

  test('gaps of one request are not independent: they count as one', () => {
    const figures = compareRuns(pairTargets(base, base));
    const widthOf = (name: string): number => {
      const { low, high } = figures.find(({ figure }) => figure === name)!.relative!;
      return high! - low!;
    };
    // 64,000 gaps of 500 requests: as wide as 500 values, which spread by a tenth, have to be.
    expect(widthOf('itl.p50')).toBeGreaterThan(0.01);
    expect(widthOf('ttft.p50')).toBeGreaterThan(0.01);
  });
});

describe('plans', () => {
  const other = {
    ...base,
    plan: { ...openPlan, seed: 1, arrivals: { kind: 'poisson' as const, ratePerSecond: 60 } },
  };

  test('differences are named by their path, and waived by it or by what holds it', () => {
    const paths = planDifferences(base, other);
    expect(paths.toSorted()).toEqual(['arrivals.ratePerSecond', 'seed']);
    expect(unwaived(paths, ['seed'])).toEqual(['arrivals.ratePerSecond']);
    expect(unwaived(paths, ['seed', 'arrivals'])).toEqual([]);
    expect(unwaived(paths, ['arr', 'see'])).toHaveLength(2);
  });

  test('conditions of goodput matter where both runs have some', () => {
    const judged = (limit: number): RunFile => ({
      ...base,
      plan: { ...openPlan, goodput: [{ metric: 'ttft', operator: '<', limit }] },
    });
    expect(planDifferences(base, judged(100))).toEqual(['goodput']);
    expect(comparedDifferences(base, judged(100))).toEqual([]);
    expect(comparedDifferences(judged(100), judged(200))).toEqual(['goodput.0.limit']);
  });

  test('several targets must have the same names, single ones need not', () => {
    expect(planDifferences(base, runOf({ name: 'other' }))).toEqual([]);
    expect(planDifferences(base, runOf({ name: 'simulator' }, { name: 'b' }))).toEqual(['targets']);
  });
});

test('the text names runs, changes, intervals and rules, as wide as it may be', () => {
  const pairs = pairTargets(base, slower);
  const comparison: Comparison = {
    base: { path: 'base.json', run: base },
    new: { path: 'new.json', run: slower },
    waived: ['seed'],
    figures: compareRuns(pairs),
    rules: judgeRules([parseChangeRule('ttft.p95 > +10%')], pairs),
  };
  const text = plainText(comparisonLines(comparison, 100));
  expect(text).toMatch(/ttft\.p95 +ms +235 +282 +\+20\.0% +\+\d+\.\d% … \+\d+\.\d% +worse/);
  expect(text).toMatch(/✘ ttft\.p95 > \+10% +simulator +beyond the tolerance/);
  expect(text).toContain('Different by permission: seed');
  // Gaps of chunks are a detail, and did not change.
  expect(comparison.figures.map(({ figure }) => figure)).toContain('icl.p50');
  expect(text).not.toContain('icl.p50');
  const widest = (width: number): number =>
    Math.max(...comparisonLines(comparison, width).map((line) => lineText(line).trimEnd().length));
  for (const width of [100, 80, 60]) expect(widest(width)).toBeLessThanOrEqual(width);
});
