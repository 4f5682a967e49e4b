/** What comes of one item: its sample, and what each criterion says of it. */
import type { ServerContext } from '../../../context.js';
import { messageOf } from '../../../../lib/errors.js';
import { type Answer, isProblem, type Problem, type Usage } from '../graders/ask-model.js';
import type { ModelSample } from '../graders/model-grading.js';
import { type FilledMessage, shownMessages } from '../graders/messages.js';
import { jsonOf } from '../graders/templates.js';
import { judge } from './criteria.js';
import { type DataSource, isAsking, messagesFor, type Row } from './data-source.js';
import { itemId, type ItemRecord, type RunRecord, type SourceRecord, usageBody } from './eval-records.js';
import { schemaProblem } from './item-schema.js';
import { ask } from './sampling.js';

const NOTHING: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0 };

/** An item's record, and what models used for it: one entry for each answer. */
export interface ItemOutcome {
  record: ItemRecord;
  usage: [model: string, usage: Usage][];
}

/** Samples and grades an item. */
export async function runItem(
  context: ServerContext,
  run: RunRecord,
  { source, schema, hasSample }: SourceRecord,
  row: Row,
  index: number,
): Promise<ItemOutcome> {
  let input: FilledMessage[] = [];
  let answer: Answer | Problem;
  const problem =
    (schema && schemaProblem(schema, row.item, 'item')) ??
    (hasSample && source.type === 'jsonl' && !row.sample ? "'sample' is missing" : undefined);
  if (problem !== undefined) {
    answer = { code: 'invalid_item', message: `The item is not as the eval's schema says: ${problem}.` };
  } else if (isAsking(source)) {
    try {
      input = messagesFor(source, row);
      answer = await ask(context, source, input);
    } catch (error) {
      answer = { code: 'invalid_item', message: messageOf(error) };
    }
  } else answer = givenSample(row);
  const known = isProblem(answer) ? undefined : answer;
  const graded = known ? await gradeAll(context, run, row, known) : undefined;
  const error = graded ? graded.error : (answer as Problem);
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
    sample: sampleBody(run, source, input, known, error),
  };
  const own: ItemOutcome['usage'] = known && isAsking(source) ? [[source.model, known.usage]] : [];
  return { record, usage: [...own, ...(graded?.usage ?? [])] };
}

function givenSample({ sample }: Row): Answer {
  const text = sample?.['output_text'];
  return { text: typeof text === 'string' ? text : '', finishReason: 'stop', thoughts: 0, usage: NOTHING };
}

async function gradeAll(
  context: ServerContext,
  { criteria }: RunRecord,
  { item, sample }: Row,
  { text }: Answer,
): Promise<{ results: ItemRecord['results']; error: Problem | null; usage: ItemOutcome['usage'] }> {
  const scope = { item, sample: { ...sample, output_text: text, output_json: jsonOf(text) } };
  const judged = await Promise.all(
    criteria.map(async (criterion) => ({ criterion, grade: await judge(context, criterion, scope) })),
  );
  const results = judged.map(({ criterion: { name, type }, grade: { score, passed, sample: said } }) => ({
    name,
    type,
    score,
    passed,
    sample: said ? graderSample(said) : null,
  }));
  const usage = judged.flatMap(({ grade }) => [...grade.usage]);
  const [missing] = judged.flatMap(({ grade }) => grade.unknown);
  const problem = judged.find(({ grade }) => grade.problem)?.grade.problem;
  if (missing !== undefined) {
    const message = `There is no '${missing}', which a testing criterion names.`;
    return { results: [], error: { code: 'invalid_variable', message }, usage };
  }
  if (problem) return { results: [], error: { code: 'grader_error', message: problem.message }, usage };
  return { results, error: null, usage };
}

/** What a model said that graded, as the samples of items are. */
const graderSample = ({ model, input, text, finishReason, usage }: ModelSample): object => ({
  input: shownMessages(input),
  output: [{ role: 'assistant', content: text }],
  finish_reason: finishReason,
  model,
  usage: usageBody(usage),
  error: null,
});

/** OpenAI's defaults stand where nothing was given. */
function sampleBody(
  { model }: RunRecord,
  source: DataSource,
  input: readonly FilledMessage[],
  answer: Answer | undefined,
  error: Problem | null,
): Record<string, unknown> {
  const params = source.type === 'jsonl' ? {} : (source.sampling_params ?? {});
  return {
    input: shownMessages(input),
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
