/** What graders make of a sample. */
import { Embedder } from '../../../../simulator/embedding/embedder.js';
import type { ServerContext } from '../../../context.js';
import { runPython } from '../../../python/python-pool.js';
import type { Usage } from './ask-model.js';
import { compileFormula } from './formula.js';
import { type Grader, type MultiGrader, partsOf, type SingleGrader } from './kinds.js';
import { gradeByModel, type ModelSample } from './model-grading.js';
import { similarity } from './similarity.js';
import { fill, type Scope } from './templates.js';

/** What went wrong: with a model, with its answer, with a formula, with a program or with what runs it. */
export interface GradeProblem {
  kind: 'server' | 'parse' | 'formula' | 'program' | 'interpreter';
  message: string;
}

/** See the file's head. */
export interface Grade {
  /** 0 when there is no other. */
  score: number;
  /** Where the grader itself says it: a label that passes. */
  passed: boolean | undefined;
  /** Names in templates that there are not. */
  unknown: string[];
  /** What went wrong otherwise. */
  problem: GradeProblem | undefined;
  /** What a model said. */
  sample: ModelSample | undefined;
  /** Scores of a grader's parts, by name. */
  parts: ReadonlyMap<string, number>;
  /** What models used, by model. */
  usage: ReadonlyMap<string, Usage>;
}

const NOTHING = {
  score: 0,
  passed: undefined,
  unknown: [],
  problem: undefined,
  sample: undefined,
  parts: new Map<string, number>(),
  usage: new Map<string, Usage>(),
} as const satisfies Partial<Grade>;

/** Fills a grader's templates and grades. */
export async function gradeSample(context: ServerContext, grader: Grader, scope: Scope): Promise<Grade> {
  if (grader.type === 'multi') return gradeParts(context, grader, scope);
  if (grader.type === 'score_model' || grader.type === 'label_model') {
    const { score, label, unknown, sample, problem } = await gradeByModel(context, grader, scope);
    const usage = new Map(sample ? [[sample.model, sample.usage]] : []);
    const passed = label === undefined ? undefined : score === 1;
    return { ...NOTHING, score, passed, unknown, problem, sample, usage };
  }
  if (grader.type === 'python') return { ...NOTHING, ...(await gradeByProgram(grader.source, scope)) };
  const [input, reference] = [fill(grader.input, scope), fill(grader.reference, scope)];
  const unknown = [...input.unknown, ...reference.unknown];
  const score = unknown.length > 0 ? 0 : compare(context, grader, input.text, reference.text);
  return { ...NOTHING, score, unknown };
}

async function gradeByProgram(
  source: string,
  given: Scope,
): Promise<Pick<Grade, 'score'> & Partial<Pick<Grade, 'problem'>>> {
  const result = await runPython({ source, given });
  if (!('problem' in result)) return { score: result.score ?? 0 };
  const { kind, message } = result.problem;
  return { score: 0, problem: { kind: kind === 'server' ? 'interpreter' : 'program', message } };
}

type Comparison = Extract<SingleGrader, { reference: string }>;

function compare(context: ServerContext, grader: Comparison, input: string, reference: string): number {
  if (grader.type === 'text_similarity') {
    const embedder = new Embedder({ seed: context.seed, model: 'grader', dimensions: 256 });
    return similarity(grader.evaluation_metric, input, reference, embedder);
  }
  switch (grader.operation) {
    case 'eq':
      return Number(input === reference);
    case 'ne':
      return Number(input !== reference);
    case 'like':
      return Number(input.includes(reference));
    case 'ilike':
      return Number(input.toLowerCase().includes(reference.toLowerCase()));
  }
}

async function gradeParts(context: ServerContext, grader: MultiGrader, scope: Scope): Promise<Grade> {
  const graders = Object.entries(partsOf(grader));
  const grades: [name: string, grade: Grade][] = [];
  for (const [name, one] of graders) grades.push([name, await gradeSample(context, one, scope)]);
  const parts = new Map(grades.map(([name, { score }]) => [name, score]));
  const usage = new Map<string, Usage>();
  for (const [, grade] of grades) for (const [model, used] of grade.usage) addTo(usage, model, used);
  const unknown = grades.flatMap(([, grade]) => grade.unknown);
  const score = compileFormula(grader.calculate_output, [...parts.keys()])?.(parts);
  const message = `The formula '${grader.calculate_output.slice(0, 200)}' has no result.`;
  const problem =
    grades.find(([, grade]) => grade.problem)?.[1].problem ??
    (score === undefined ? ({ kind: 'formula', message } as const) : undefined);
  const isGood = unknown.length === 0 && !problem;
  return { ...NOTHING, score: isGood ? score! : 0, unknown, problem, parts, usage };
}

/** Adds what was used to what a model used before. */
export function addTo(all: Map<string, Usage>, model: string, used: Usage): void {
  const before = all.get(model);
  all.set(model, before ? added(before, used) : used);
}

/** Both together. */
export const added = (a: Usage, b: Usage): Usage => ({
  promptTokens: a.promptTokens + b.promptTokens,
  completionTokens: a.completionTokens + b.completionTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
});
