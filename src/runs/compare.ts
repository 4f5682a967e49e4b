/** From two run files to their comparison. */
import type { CompareSettings } from '../config/schema.js';
import { FakeaiError } from '../lib/errors.js';
import { compareRuns, judgeRules, pairTargets } from '../results/compare/compare.js';
import type { Comparison } from '../results/compare/compare-lines.js';
import { comparedDifferences, unwaived } from '../results/compare/plan-differences.js';
import { parseChangeRule } from '../results/compare/rule.js';
import { readRunFile } from '../results/read-run-file.js';

/**
 * Reads and compares two runs.
 *
 * @throws {FakeaiError} FAKEAI_RULE_SYNTAX, FAKEAI_PLANS_DIFFER, or what is wrong with a file
 */
export async function compareRunFiles(
  basePath: string,
  newPath: string,
  { failIf, waive }: Pick<CompareSettings, 'failIf' | 'waive'>,
): Promise<Comparison> {
  const rules = failIf.map(parseChangeRule);
  const [base, other] = [await readRunFile(basePath), await readRunFile(newPath)];
  const differences = comparedDifferences(base, other);
  const keys = unwaived(differences, waive);
  if (keys.length > 0) {
    const waivers = [...new Set(keys.map((key) => key.split('.')[0]!))].map((key) => `--waive ${key}`);
    throw new FakeaiError('FAKEAI_PLANS_DIFFER', {
      base: basePath,
      other: newPath,
      keys,
      hint: `If that is what you compare, allow it by name: ${waivers.join(' ')}`,
    });
  }
  const pairs = pairTargets(base, other);
  return {
    base: { path: basePath, run: base },
    new: { path: newPath, run: other },
    waived: differences,
    figures: compareRuns(pairs),
    rules: judgeRules(rules, pairs),
  };
}
