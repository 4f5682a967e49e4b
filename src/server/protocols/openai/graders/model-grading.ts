/** Graders that ask a model: for a score, or for a label. */
import type * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { askChat, isProblem, type Usage } from './ask-model.js';
import type { labelModel, scoreModel } from './kinds.js';
import { chatMessages, fillMessages, type FilledMessage } from './messages.js';
import { jsonOf, type Scope } from './templates.js';

type ModelGrader = z.output<typeof scoreModel> | z.output<typeof labelModel>;

/** What the model was asked and said. */
export interface ModelSample {
  model: string;
  input: FilledMessage[];
  text: string;
  finishReason: string;
  usage: Usage;
}

/** What came of it: a score with or without a label, or why there is none. */
export interface ModelGrade {
  score: number;
  label: string | undefined;
  unknown: string[];
  sample: ModelSample | undefined;
  problem: { kind: 'server' | 'parse'; message: string } | undefined;
}

const RANGE = [0, 1] as const;

/** Scores from where to where a grader gives. */
export const rangeOf = ({ range }: z.output<typeof scoreModel>): readonly [low: number, high: number] =>
  range ?? RANGE;

/** Asks the model in a form that it cannot answer in any other way. */
export async function gradeByModel(
  context: ServerContext,
  grader: ModelGrader,
  scope: Scope,
): Promise<ModelGrade> {
  const { messages, unknown } = fillMessages(grader.input, scope);
  const nothing = { score: 0, label: undefined, unknown, sample: undefined, problem: undefined };
  if (unknown.length > 0) return nothing;
  const { model } = grader;
  const format = { type: 'json_schema', json_schema: { name: 'grade', schema: schemaOf(grader) } };
  const answer = await askChat(context, {
    model,
    messages: chatMessages(messages),
    response_format: format,
    ...paramsOf(grader),
  });
  if (isProblem(answer)) return { ...nothing, problem: { kind: 'server', message: answer.message } };
  const sample: ModelSample = { model, input: messages, ...answer };
  const said = jsonOf(answer.text) as { result?: unknown } | undefined;
  const result = said?.result;
  if (grader.type === 'score_model' && typeof result === 'number')
    return { ...nothing, score: result, sample };
  if (grader.type === 'label_model' && typeof result === 'string')
    return { ...nothing, score: Number(grader.passing_labels.includes(result)), label: result, sample };
  const message = `The grader's model did not finish its answer: ${answer.text.slice(0, 200)}`;
  return { ...nothing, sample, problem: { kind: 'parse', message } };
}

function schemaOf(grader: ModelGrader): object {
  const [minimum, maximum] = grader.type === 'score_model' ? rangeOf(grader) : RANGE;
  const result =
    grader.type === 'score_model'
      ? { type: 'number', minimum, maximum }
      : { type: 'string', enum: grader.labels };
  return { type: 'object', properties: { result }, required: ['result'], additionalProperties: false };
}

function paramsOf(grader: ModelGrader): Record<string, unknown> {
  if (grader.type === 'label_model') return {};
  const { max_completions_tokens: most, ...others } = grader.sampling_params ?? {};
  const given = Object.entries({ ...others, max_completion_tokens: most }).filter(
    ([, value]) => value != null,
  );
  return Object.fromEntries(given);
}
