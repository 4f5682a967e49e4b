/** The testing criteria of an eval: graders, and from which score on a sample passes. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { type Grade, gradeSample } from '../graders/grading.js';
import {
  labelModel,
  pythonGrader,
  refuseCode,
  scoreModel,
  stringCheck,
  textSimilarity,
} from '../graders/kinds.js';
import { rangeOf } from '../graders/model-grading.js';
import type { Scope } from '../graders/templates.js';

const criterion = z.discriminatedUnion('type', [
  stringCheck,
  // The only one whose score says nothing by itself.
  textSimilarity.extend({ pass_threshold: z.number() }),
  scoreModel.extend({ pass_threshold: z.number().nullish() }),
  labelModel,
  pythonGrader.extend({ pass_threshold: z.number().nullish() }),
]);
export type Criterion = z.output<typeof criterion>;

export const criteria = z.array(criterion).min(1).max(100);

/**
 * Refuses graders that cannot be run, in words of their own.
 *
 * @throws ApiError 400
 */
export function refuseCodeIn(asked: unknown): void {
  if (!Array.isArray(asked)) return;
  for (const [i, one] of asked.entries()) refuseCode(one, `testing_criteria[${i}]`);
}

/** Score from which on a sample passes: without another one that of a full match, or the middle of a model's range. */
function thresholdOf(asked: Criterion): number {
  if (asked.type === 'text_similarity') return asked.pass_threshold;
  if (asked.type === 'python') return asked.pass_threshold ?? 1;
  if (asked.type !== 'score_model') return 1;
  const [low, high] = rangeOf(asked);
  return asked.pass_threshold ?? (low + high) / 2;
}

/** What a criterion says of a sample. */
export async function judge(
  context: ServerContext,
  asked: Criterion,
  scope: Scope,
): Promise<Grade & { passed: boolean }> {
  const grade = await gradeSample(context, asked, scope);
  return { ...grade, passed: grade.passed ?? grade.score >= thresholdOf(asked) };
}
