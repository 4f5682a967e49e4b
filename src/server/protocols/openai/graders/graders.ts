/** `/fine_tuning/alpha/graders`: checks what a model said. */
import * as z from 'zod';
import { Embedder } from '../../../../simulator/embedding/embedder.js';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { missing, unsupported } from '../errors.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { METRICS, similarity } from './similarity.js';

/** Longest text that is compared: some measures take the product of both lengths. */
const MAX_CHARACTERS = 20_000;

const text = z.string().max(MAX_CHARACTERS);
const base = { name: z.string().min(1).max(200), input: text, reference: text };
const grader = z.discriminatedUnion('type', [
  z.object({ ...base, type: z.literal('string_check'), operation: z.enum(['eq', 'ne', 'like', 'ilike']) }),
  z.object({ ...base, type: z.literal('text_similarity'), evaluation_metric: z.enum(METRICS) }),
]);
type Grader = z.output<typeof grader>;

/** Run code or models, or put others together. */
const OTHER_KINDS = ['python', 'score_model', 'label_model', 'multi', 'endpoint'];

function graderOf(body: Record<string, unknown>): Grader {
  const { grader: asked } = body;
  const type =
    typeof asked === 'object' && asked !== null ? (asked as Record<string, unknown>)['type'] : undefined;
  if (typeof type === 'string' && OTHER_KINDS.includes(type))
    throw unsupported('grader', `graders of the type '${type}'`);
  return check(z.object({ grader }), body).grader;
}

/** What a template can name. */
interface Scope {
  item: Record<string, unknown>;
  sample: { output_text: string; output_json: unknown };
}

const TEMPLATE = /\{\{\s*([\w.]{1,200})\s*\}\}/g;

/** Fills `{{item.x}}`, `{{sample.output_text}}` and `{{sample.output_json.x}}`; says which names there are not. */
export function fill(template: string, scope: Scope): { text: string; unknown: string[] } {
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

const NO_ERRORS = {
  formula_parse_error: false,
  sample_parse_error: false,
  truncated_observation_error: false,
  unresponsive_reward_error: false,
  invalid_variable_error: false,
  other_error: false,
  python_grader_server_error: false,
  python_grader_server_error_type: null,
  python_grader_runtime_error: false,
  python_grader_runtime_error_details: null,
  model_grader_server_error: false,
  model_grader_refusal_error: false,
  model_grader_parse_error: false,
  model_grader_server_error_details: null,
};

function validate(_context: ServerContext, request: ApiRequest, reply: Reply): void {
  const body = request.json();
  if (body['grader'] === undefined) throw missing('grader');
  reply.json({ grader: graderOf(body) });
}

function run(context: ServerContext, request: ApiRequest, reply: Reply): void {
  const body = request.json();
  const asked = graderOf(body);
  const { model_sample: sample, item } = check(
    z.object({ model_sample: text, item: z.record(z.string(), z.unknown()).nullish() }),
    body,
  );
  const startMs = context.clock.nowMs();
  const scope = { item: item ?? {}, sample: { output_text: sample, output_json: jsonOf(sample) } };
  const [input, reference] = [fill(asked.input, scope), fill(asked.reference, scope)];
  const isUnknown = input.unknown.length + reference.unknown.length > 0;
  const reward = isUnknown ? 0 : gradeOf(context, asked, input.text, reference.text);
  reply.json({
    reward,
    metadata: {
      name: asked.name,
      type: asked.type,
      errors: { ...NO_ERRORS, invalid_variable_error: isUnknown },
      execution_time: (context.clock.nowMs() - startMs) / 1000,
      scores: { [asked.name]: reward },
      token_usage: null,
      sampled_model_name: null,
    },
    sub_rewards: {},
    model_grader_token_usage_per_model: {},
  });
}

function jsonOf(sample: string): unknown {
  try {
    return JSON.parse(sample);
  } catch {
    return undefined;
  }
}

export const handlers: OperationHandlers = { runGrader: run, validateGrader: validate };
