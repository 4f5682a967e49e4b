/** `/fine_tuning/alpha/graders`: checks what a model said. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { missing, unsupported } from '../errors.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { type Grader, grader, gradeSample, jsonOf, OTHER_KINDS, text } from './grading.js';

function graderOf(body: Record<string, unknown>): Grader {
  const { grader: asked } = body;
  const type =
    typeof asked === 'object' && asked !== null ? (asked as Record<string, unknown>)['type'] : undefined;
  if (typeof type === 'string' && OTHER_KINDS.includes(type))
    throw unsupported('grader', `graders of the type '${type}'`);
  return check(z.looseObject({ grader }), body).grader;
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
    z.strictObject({
      grader: z.unknown(),
      model_sample: text,
      item: z.record(z.string(), z.unknown()).nullish(),
    }),
    body,
  );
  const startMs = context.clock.nowMs();
  const scope = { item: item ?? {}, sample: { output_text: sample, output_json: jsonOf(sample) } };
  const { score: reward, unknown } = gradeSample(context, asked, scope);
  reply.json({
    reward,
    metadata: {
      name: asked.name,
      type: asked.type,
      errors: { ...NO_ERRORS, invalid_variable_error: unknown.length > 0 },
      execution_time: (context.clock.nowMs() - startMs) / 1000,
      scores: { [asked.name]: reward },
      token_usage: null,
      sampled_model_name: null,
    },
    sub_rewards: {},
    model_grader_token_usage_per_model: {},
  });
}

export const handlers: OperationHandlers = { runGrader: run, validateGrader: validate };
