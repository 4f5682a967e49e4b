import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Counters } from '../../../src/results/outcome.js';
import type { PlanSummary } from '../../../src/results/plan-summary.js';
import { judge } from '../../../src/results/verdict.js';
import { TOKEN_LIMITS } from '../../../src/results/verdict-tokens.js';
import { distributionOf, openPlan, runOutcome, targetOutcome } from '../../fixtures/run.js';

const reasonsOf = (counters: Partial<Counters>, plan: PlanSummary = openPlan): string[] => {
  const target = targetOutcome();
  const outcome = runOutcome([{ ...target, counters: { ...target.counters, ...counters } }]);
  return judge(outcome, plan).reasons;
};
const prompts = (planned: number, reported: number, plan?: PlanSummary): string[] =>
  reasonsOf({ plannedInputTokens: planned * 500, reportedInputTokens: reported * 500 }, plan);

describe('judgeTokens', () => {
  test('prompts that are longer or shorter than planned, beyond tokenizers and templates', () => {
    expect(prompts(1000, 1040)).toEqual([]);
    expect(prompts(5, 40)).toEqual([]);
    expect(prompts(1000, 720)).toEqual([]);
    expect(prompts(1000, 1400)[0]).toMatch(
      /counted 1,400 prompt tokens per request where 1,000 were planned/,
    );
    expect(prompts(1000, 600)).toHaveLength(1);
  });

  test('answers without text', () => {
    const judged = (empty: number) => {
      const target = targetOutcome();
      return judge(runOutcome([{ ...target, counters: { ...target.counters, empty } }]), openPlan);
    };
    expect(judged(5).state).toBe('valid');
    expect(judged(10).reasons[0]).toMatch(/^10 of 500 answers \(2.*had no text/);
    expect(judged(500)).toMatchObject({ state: 'invalid' });
    expect(judged(500).reasons[0]).toMatch(/^No answer had any text/);
  });

  test('nobody knows the tokens of an image', () => {
    const media = { images: 1, imageWidth: 8, imageHeight: 8, audio: 0, audioSeconds: 1 };
    const workload = { ...(openPlan.workload as object), media } as PlanSummary['workload'];
    expect(prompts(10, 2000, { ...openPlan, workload })).toEqual([]);
  });

  test('answers of another length than was forced, or longer than was allowed', () => {
    expect(reasonsOf({ offLength: 25 })).toEqual([]);
    expect(reasonsOf({ offLength: 26 })[0]).toMatch(/^26 of 500 answers .* the server does not know them/);
    expect(reasonsOf({ offLength: 100 }, { ...openPlan, ignoreEos: false })[0]).toMatch(
      /longer than max_tokens/,
    );
    // Only those with usage can tell.
    expect(reasonsOf({ offLength: 20, withoutUsage: 400 })[0]).toMatch(/^20 of 100 answers/);
  });

  test('usage that does not fit the text', () => {
    const target = targetOutcome();
    const token_mismatch = distributionOf('token_mismatch', Array<number>(50).fill(30));
    const distributions = { ...target.distributions, token_mismatch };
    expect(judge(runOutcome([{ ...target, distributions }]), openPlan).reasons[0]).toMatch(
      /differ by 30\.0% at/,
    );
  });

  test('docs/validity.md states the limits that the code applies', () => {
    const page = readFileSync('docs/validity.md', 'utf8').replaceAll(/ +/g, ' ');
    const { inputShare, inputTemplateTokens, offLengthShare, mismatchPercent } = TOKEN_LIMITS;
    for (const row of [
      `| off by more than ${inputShare * 100} % and ${inputTemplateTokens} per request | – |`,
      `of those with usage | above ${offLengthShare * 100} % | – |`,
      `median | above ${mismatchPercent} % | – |`,
    ]) {
      expect(page).toContain(row);
    }
  });
});
