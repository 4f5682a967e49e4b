/** What a grader gives the model that is to be reinforced: it is asked about some examples, and its answers are graded. */
import { createRandom } from '../../../../lib/random.js';
import type { ServerContext } from '../../../context.js';
import { traitsOf } from '../../../text/model-traits.js';
import { contentOf, FILES } from '../files/file-records.js';
import { askChat, isProblem } from '../graders/ask-model.js';
import { compileFormula } from '../graders/formula.js';
import { gradeSample } from '../graders/grading.js';
import { type Grader, partsOf } from '../graders/kinds.js';
import { rangeOf } from '../graders/model-grading.js';
import { jsonOf } from '../graders/templates.js';
import type { JobRecord, Rewards } from './job-records.js';

/** Examples of each file that are asked about. */
const SAMPLED = 8;
/** Most answers to each of them in the validation file, however many `eval_samples` there are. */
const MAX_ANSWERS = 4;
const MAX_TOKENS = 1024;

type Example = Record<string, unknown>;
type Outcome = Pick<JobRecord, 'rewards' | 'problem'>;

/** Asks and grades; the same for the same job. What cannot be graded fails the job, as a bad line would. */
export async function measureRewards(context: ServerContext, job: JobRecord): Promise<Outcome> {
  const grader = job.grader!;
  const train = await meanOf(context, job, grader, job.trainingFile, 1);
  if ('problem' in train) return { rewards: null, problem: train.problem };
  const answers = Math.min(MAX_ANSWERS, Number(job.special['eval_samples'] ?? 1));
  const valid = job.validationFile && (await meanOf(context, job, grader, job.validationFile, answers));
  if (valid && 'problem' in valid) return { rewards: null, problem: valid.problem };
  const rewards: Rewards = {
    train: train.reward,
    valid: valid ? valid.reward : null,
    best: bestOf(grader),
    thoughts: train.thoughts,
  };
  return { rewards, problem: null };
}

type Mean = { reward: number; thoughts: number } | { problem: NonNullable<JobRecord['problem']> };

async function meanOf(
  context: ServerContext,
  job: JobRecord,
  grader: Grader,
  fileId: string,
  answers: number,
): Promise<Mean> {
  const param = fileId === job.trainingFile ? 'training_file' : 'validation_file';
  const store = await context.store();
  const file = await store.get(FILES, fileId);
  // It was deleted since: nothing is known of it.
  if (!file) return { reward: 0, thoughts: 0 };
  const all = examplesIn(await contentOf(store, file));
  const random = createRandom(job.seed, 'rewards', job.id, param);
  const picked = Array.from({ length: Math.min(SAMPLED, all.length) }, () => random.int(all.length));
  const asked = picked.flatMap((at) =>
    Array.from({ length: answers }, (_, i) => ({ at, seed: job.seed + i })),
  );
  const graded = await Promise.all(
    asked.map(({ at, seed }) => gradeExample(context, job, grader, all[at]!.example, seed)),
  );
  const wrong = graded.findIndex((one) => typeof one === 'string');
  const why = graded[wrong];
  if (typeof why === 'string') {
    const message = `The grader cannot grade line ${all[asked[wrong]!.at]!.line} of the ${param.replace('_', ' ')}: ${why}`;
    return { problem: { param, message } };
  }
  const good = graded.filter((one) => typeof one !== 'string');
  const mean = (of: (one: (typeof good)[number]) => number): number =>
    good.reduce((sum, one) => sum + of(one), 0) / Math.max(1, good.length);
  return { reward: mean(({ score }) => score), thoughts: Math.round(mean(({ thoughts }) => thoughts)) };
}

const examplesIn = (content: Buffer): { line: number; example: Example }[] =>
  content
    .toString('utf8')
    .split('\n')
    .flatMap((text, index) =>
      text.trim() === '' ? [] : [{ line: index + 1, example: JSON.parse(text) as Example }],
    );

/** A score, or why there is none. */
async function gradeExample(
  context: ServerContext,
  job: JobRecord,
  grader: Grader,
  example: Example,
  seed: number,
): Promise<{ score: number; thoughts: number } | string> {
  const { messages, tools } = example;
  const effort = job.special['reasoning_effort'];
  const thinks = traitsOf(context.models.info(job.base)).reasons !== 'never';
  const answer = await askChat(context, {
    model: job.base,
    messages,
    seed,
    max_completion_tokens: MAX_TOKENS,
    ...(Array.isArray(tools) && { tools }),
    ...(thinks && effort !== undefined && effort !== 'default' && { reasoning_effort: effort }),
  });
  if (isProblem(answer)) return answer.message;
  const { text, thoughts } = answer;
  const scope = { item: example, sample: { output_text: text, output_json: jsonOf(text), output_tools: [] } };
  const grade = await gradeSample(context, grader, scope);
  if (grade.unknown.length > 0) return `there is no '${grade.unknown[0]}'.`;
  const { problem } = grade;
  // What graders ask may fail once and not another time, as at OpenAI: that is a reward of nothing.
  if (problem?.kind === 'formula' || problem?.kind === 'program') return problem.message;
  return { score: grade.score, thoughts };
}

/** The best that a grader gives. */
function bestOf(grader: Grader): number {
  if (grader.type === 'score_model') return rangeOf(grader)[1];
  if (grader.type !== 'multi') return 1;
  const parts = new Map(
    Object.entries(partsOf(grader)).map(([name, part]) => [name, bestOf(part as Grader)]),
  );
  return compileFormula(grader.calculate_output, [...parts.keys()])?.(parts) ?? 1;
}
