/** `/fine_tuning/alpha/graders`: checks what a model said. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { type Grade, gradeSample } from './grading.js';
import { checkGrader, graderField, refuseCode } from './kinds.js';
import { jsonOf, text } from './templates.js';

const validated = z.strictObject({ grader: graderField });
const ran = z.strictObject({
  grader: graderField,
  model_sample: text,
  item: z.record(z.string(), z.unknown()).nullish(),
});

/** What can go wrong, in OpenAI's words; most of it cannot here. */
const errorsOf = ({ unknown, problem }: Grade) => ({
  formula_parse_error: problem?.kind === 'formula',
  sample_parse_error: false,
  truncated_observation_error: false,
  unresponsive_reward_error: false,
  invalid_variable_error: unknown.length > 0,
  other_error: false,
  python_grader_server_error: problem?.kind === 'interpreter',
  python_grader_server_error_type: problem?.kind === 'interpreter' ? problem.message : null,
  python_grader_runtime_error: problem?.kind === 'program',
  python_grader_runtime_error_details: problem?.kind === 'program' ? problem.message : null,
  model_grader_server_error: problem?.kind === 'server',
  model_grader_refusal_error: false,
  model_grader_parse_error: problem?.kind === 'parse',
  model_grader_server_error_details: problem?.kind === 'server' ? problem.message : null,
});

function bodyOf<T extends z.ZodType>(request: ApiRequest, schema: T): z.output<T> {
  const body = request.json();
  refuseCode(body['grader'], 'grader');
  return check(schema, body);
}

async function validate(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { grader } = bodyOf(request, validated);
  await checkGrader(context, grader, 'grader');
  reply.json({ grader });
}

async function run(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { grader, model_sample: sample, item } = bodyOf(request, ran);
  await checkGrader(context, grader, 'grader');
  const startMs = context.clock.nowMs();
  const scope = { item: item ?? {}, sample: { output_text: sample, output_json: jsonOf(sample) } };
  const grade = await gradeSample(context, grader, scope);
  const { score: reward, parts, usage } = grade;
  const tokens = [...usage].map(
    ([model, used]) => [model, used.promptTokens + used.completionTokens] as const,
  );
  const isMulti = grader.type === 'multi';
  reply.json({
    reward,
    metadata: {
      name: grader.name,
      type: grader.type,
      errors: errorsOf(grade),
      execution_time: (context.clock.nowMs() - startMs) / 1000,
      scores: isMulti ? Object.fromEntries(parts) : { [grader.name]: reward },
      token_usage: tokens.length === 0 ? null : tokens.reduce((sum, [, count]) => sum + count, 0),
      sampled_model_name: grade.sample?.model ?? null,
    },
    sub_rewards: Object.fromEntries(parts),
    model_grader_token_usage_per_model: Object.fromEntries(tokens),
  });
}

export const handlers: OperationHandlers = { runGrader: run, validateGrader: validate };
