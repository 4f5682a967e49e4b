/** The graders that there are. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { hasPython, PYTHON_PACKAGE, runPython } from '../../../python/python-pool.js';
import { invalid, unsupported } from '../errors.js';
import { compileFormula } from './formula.js';
import { message } from './messages.js';
import { METRICS } from './similarity.js';
import { text } from './templates.js';

/** Longest program, in characters; OpenAI's limit. */
const MAX_SOURCE = 256 * 1024;

const name = z.string().min(1).max(200);
const compared = { name, input: text, reference: text };

export const stringCheck = z.strictObject({
  ...compared,
  type: z.literal('string_check'),
  operation: z.enum(['eq', 'ne', 'like', 'ilike']),
});
export const textSimilarity = z.strictObject({
  ...compared,
  type: z.literal('text_similarity'),
  evaluation_metric: z.enum(METRICS),
});

const asked = { name, model: z.string().min(1), input: z.array(message).min(1).max(1000) };
export const samplingParams = z
  .strictObject({
    seed: z.int().nullish(),
    top_p: z.number().nullish(),
    temperature: z.number().nullish(),
    max_completions_tokens: z.int().min(1).nullish(),
    reasoning_effort: z.string().nullish(),
  })
  .nullish();
export const scoreModel = z.strictObject({
  ...asked,
  type: z.literal('score_model'),
  sampling_params: samplingParams,
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, { error: 'it must be a low score and a higher one' })
    .nullish(),
});
export const labelModel = z.strictObject({
  ...asked,
  type: z.literal('label_model'),
  labels: z.array(z.string().min(1)).min(1).max(100),
  passing_labels: z.array(z.string()).min(1),
});

export const pythonGrader = z.strictObject({
  name,
  type: z.literal('python'),
  source: z.string().min(1).max(MAX_SOURCE),
  // There is one interpreter, whatever image is asked for.
  image_tag: z.string().nullish(),
});

const single = z.discriminatedUnion('type', [
  stringCheck,
  textSimilarity,
  scoreModel,
  labelModel,
  pythonGrader,
]);
const multi = z.strictObject({
  name,
  type: z.literal('multi'),
  // By the names that the formula has; OpenAI's specification has a single one.
  graders: z.union([single, z.record(z.string(), single)]),
  calculate_output: z.string().min(1).max(2000),
});

export type SingleGrader = z.output<typeof single>;
export type MultiGrader = z.output<typeof multi>;
export type Grader = SingleGrader | MultiGrader;

/** A grader that stands for itself. */
const grader = z.discriminatedUnion('type', [stringCheck, textSimilarity, scoreModel, pythonGrader, multi]);

/** Parameter of a request that has a grader. */
export const graderField = grader;

/**
 * Refuses graders that cannot be run, in words of their own: programs without an interpreter, and those of other servers.
 *
 * @param param - where the grader is
 * @throws ApiError 400
 */
export function refuseCode(asked: unknown, param: string): void {
  const { type, graders } = (asked ?? {}) as { type?: unknown; graders?: unknown };
  if (type === 'endpoint')
    throw unsupported(param, "graders of the type 'endpoint': it asks no other server");
  if (type === 'python' && !hasPython()) {
    const message = `Graders of the type 'python' need an interpreter: install ${PYTHON_PACKAGE} beside fakeai, and they run in its sandbox.`;
    throw invalid(param, 'unsupported_parameter', message);
  }
  if (typeof graders !== 'object' || graders === null) return;
  refuseCode(graders, `${param}.graders`);
  for (const [key, one] of Object.entries(graders))
    if (typeof one === 'object') refuseCode(one, `${param}.graders.${key}`);
}

/** The graders inside one, by the names that its formula has. */
export function partsOf({ graders }: MultiGrader): Record<string, SingleGrader> {
  // By the type, not by the names: one of several can be called `type`.
  return isSingle(graders) ? { [graders.name]: graders } : graders;
}

const isSingle = (graders: MultiGrader['graders']): graders is SingleGrader =>
  typeof graders.type === 'string';

/**
 * Checks what the shape of a grader does not say: its models, its labels, its formula, its program.
 *
 * @throws ApiError when it cannot grade
 */
export async function checkGrader(context: ServerContext, grader: Grader, param: string): Promise<void> {
  if (grader.type === 'multi') {
    const parts = partsOf(grader);
    for (const [key, one] of Object.entries(parts))
      await checkGrader(context, one, `${param}.graders.${key}`);
    if (compileFormula(grader.calculate_output, Object.keys(parts))) return;
    const known = Object.keys(parts).join(', ');
    const message = `Invalid formula '${grader.calculate_output.slice(0, 200)}': it can have numbers, + - * / ^, min, max, abs, floor, ceil, exp, sqrt, log, and the graders ${known}.`;
    throw invalid(`${param}.calculate_output`, 'invalid_value', message);
  }
  if (grader.type === 'score_model' || grader.type === 'label_model') context.models.of(grader.model, 'chat');
  if (grader.type === 'python') await checkProgram(grader.source, `${param}.source`);
  if (grader.type !== 'label_model') return;
  const stray = grader.passing_labels.find((label) => !grader.labels.includes(label));
  if (stray !== undefined)
    throw invalid(
      `${param}.passing_labels`,
      'invalid_value',
      `The label '${stray.slice(0, 100)}' is not one of 'labels'.`,
    );
}

async function checkProgram(source: string, param: string): Promise<void> {
  const result = await runPython({ source });
  if ('problem' in result)
    throw invalid(param, 'invalid_value', `Invalid program: ${result.problem.message}`);
}
