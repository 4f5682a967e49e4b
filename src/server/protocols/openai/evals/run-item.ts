/** What comes of one item: its sample, and what each criterion says of it. */
import type { ServerContext } from '../../../context.js';
import { messageOf } from '../../../../lib/errors.js';
import { jsonOf } from '../graders/grading.js';
import { judge } from './criteria.js';
import { type DataSource, type FilledMessage, messagesFor, type Row } from './data-source.js';
import {
  type EvalProblem,
  itemId,
  type ItemRecord,
  type RunRecord,
  type Usage,
  usageBody,
} from './eval-records.js';
import { type Answer, ask } from './sampling.js';

const NOTHING: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0 };

/** An item's record, and what its answer used; undefined when no model answered. */
export interface ItemOutcome {
  record: ItemRecord;
  usage: Usage | undefined;
}

/** Samples and grades an item. */
export async function runItem(
  context: ServerContext,
  run: RunRecord,
  source: DataSource,
  row: Row,
  index: number,
): Promise<ItemOutcome> {
  let input: FilledMessage[] = [];
  let answer: Answer | EvalProblem;
  if (source.type === 'jsonl') answer = givenSample(row);
  else {
    try {
      input = messagesFor(source, row);
      answer = await ask(context, source, input);
    } catch (error) {
      answer = { code: 'invalid_item', message: messageOf(error) };
    }
  }
  const isAnswered = 'text' in answer;
  const graded = isAnswered ? gradeAll(context, run, row, answer as Answer) : undefined;
  const error = graded?.error ?? (isAnswered ? null : (answer as EvalProblem));
  const results = graded?.results ?? [];
  const record: ItemRecord = {
    id: itemId(context.seed, run.id, index),
    runId: run.id,
    evalId: run.evalId,
    createdS: Math.floor(context.clock.wallMs() / 1000),
    status: error ? 'error' : results.every(({ passed }) => passed) ? 'pass' : 'fail',
    index,
    item: row.item,
    results,
    sample: sampleBody(run, source, input, isAnswered ? (answer as Answer) : undefined, error),
  };
  return { record, usage: isAnswered && source.type !== 'jsonl' ? (answer as Answer).usage : undefined };
}

function givenSample({ sample }: Row): Answer {
  const text = sample?.['output_text'];
  return { text: typeof text === 'string' ? text : '', finishReason: 'stop', usage: NOTHING };
}

function gradeAll(
  context: ServerContext,
  { criteria }: RunRecord,
  { item, sample }: Row,
  { text }: Answer,
): { results: ItemRecord['results']; error: EvalProblem | null } {
  const scope = { item, sample: { ...sample, output_text: text, output_json: jsonOf(text) } };
  const judged = criteria.map((criterion) => ({ criterion, ...judge(context, criterion, scope) }));
  const missing = judged.flatMap(({ unknown }) => unknown);
  const results = judged.map(({ criterion: { name, type }, score, passed }) => ({
    name,
    type,
    score,
    passed,
  }));
  if (missing.length === 0) return { results, error: null };
  const message = `There is no '${missing[0]!}', which a testing criterion names.`;
  return { results: [], error: { code: 'invalid_variable', message } };
}

/** OpenAI's defaults stand where nothing was given. */
function sampleBody(
  { model }: RunRecord,
  source: DataSource,
  input: readonly FilledMessage[],
  answer: Answer | undefined,
  error: EvalProblem | null,
): Record<string, unknown> {
  const params = source.type === 'jsonl' ? {} : (source.sampling_params ?? {});
  return {
    input,
    output: answer ? [{ role: 'assistant', content: answer.text }] : [],
    finish_reason: answer?.finishReason ?? 'error',
    model,
    usage: usageBody(answer?.usage ?? NOTHING),
    error,
    temperature: params['temperature'] ?? 1,
    max_completion_tokens: params['max_completion_tokens'] ?? 2048,
    top_p: params['top_p'] ?? 1,
    seed: params['seed'] ?? 42,
  };
}
