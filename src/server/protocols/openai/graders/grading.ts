/** Graders that need neither code nor a model: what they are, and what they make of a sample. */
import * as z from 'zod';
import { Embedder } from '../../../../simulator/embedding/embedder.js';
import type { ServerContext } from '../../../context.js';
import { METRICS, similarity } from './similarity.js';

/** Longest text that is compared: some measures take the product of both lengths. */
const MAX_CHARACTERS = 20_000;

export const text = z.string().max(MAX_CHARACTERS);
const base = { name: z.string().min(1).max(200), input: text, reference: text };
export const grader = z.discriminatedUnion('type', [
  z.strictObject({
    ...base,
    type: z.literal('string_check'),
    operation: z.enum(['eq', 'ne', 'like', 'ilike']),
  }),
  z.strictObject({ ...base, type: z.literal('text_similarity'), evaluation_metric: z.enum(METRICS) }),
]);
export type Grader = z.output<typeof grader>;

/** Run code or models, or put others together. */
export const OTHER_KINDS = ['python', 'score_model', 'label_model', 'multi', 'endpoint'];

/** What a template can name. */
export interface Scope {
  item: Record<string, unknown>;
  sample: Record<string, unknown>;
}

const TEMPLATE = /\{\{\s*([\w.]{1,200})\s*\}\}/g;

/** Fills `{{item.x}}`, `{{sample.output_text}}` and `{{sample.output_json.x}}`; says which names there are not. */
export function fill(template: string, scope: Partial<Scope>): { text: string; unknown: string[] } {
  const unknown: string[] = [];
  const filled = template.replaceAll(TEMPLATE, (_, path: string) => {
    let value: unknown = scope;
    for (const key of path.split('.')) {
      const inner = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
      value = inner ? (value as Record<string, unknown>)[key] : undefined;
    }
    if (value === undefined) unknown.push(path);
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  });
  return { text: filled.slice(0, MAX_CHARACTERS), unknown };
}

/**
 * Fills a grader's templates and grades.
 *
 * @returns a score of 0 to 1; 0 when the templates name what is not there, and then the names
 */
export function gradeSample(
  context: ServerContext,
  asked: Grader,
  scope: Scope,
): { score: number; unknown: string[] } {
  const [input, reference] = [fill(asked.input, scope), fill(asked.reference, scope)];
  const unknown = [...input.unknown, ...reference.unknown];
  return { score: unknown.length > 0 ? 0 : gradeOf(context, asked, input.text, reference.text), unknown };
}

function gradeOf(context: ServerContext, asked: Grader, input: string, reference: string): number {
  if (asked.type === 'text_similarity') {
    const embedder = new Embedder({ seed: context.seed, model: 'grader', dimensions: 256 });
    return similarity(asked.evaluation_metric, input, reference, embedder);
  }
  switch (asked.operation) {
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

/** Text as JSON; undefined when it is none. */
export function jsonOf(sample: string): unknown {
  try {
    return JSON.parse(sample);
  } catch {
    return undefined;
  }
}
