/** The testing criteria of an eval: graders, and from which score on a sample passes. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { unsupported } from '../errors.js';
import { gradeSample, grader, OTHER_KINDS, type Scope } from '../graders/grading.js';

const criterion = z.intersection(grader, z.looseObject({ pass_threshold: z.number().nullish() })).refine(
  ({ type, pass_threshold: threshold }) => type !== 'text_similarity' || threshold != null,
  // The only criterion whose score is more than yes or no.
  { error: 'a text_similarity criterion must have it', path: ['pass_threshold'] },
);
export type Criterion = z.output<typeof criterion>;

export const criteria = z.array(criterion).min(1).max(100);

/**
 * Refuses graders that are not simulated, in words of their own.
 *
 * @throws ApiError 400
 */
export function refuseOtherKinds(asked: unknown): void {
  if (!Array.isArray(asked)) return;
  for (const [i, one] of asked.entries()) {
    const type = (one as { type?: unknown } | null)?.type;
    if (typeof type === 'string' && OTHER_KINDS.includes(type))
      throw unsupported(`testing_criteria[${i}]`, `graders of the type '${type}'`);
  }
}

/** What a criterion says of a sample, or the names in its templates that there are not. */
export function judge(
  context: ServerContext,
  asked: Criterion,
  scope: Scope,
): { score: number; passed: boolean; unknown: string[] } {
  const { score, unknown } = gradeSample(context, asked, scope);
  return { score, passed: score >= (asked.pass_threshold ?? 1), unknown };
}
