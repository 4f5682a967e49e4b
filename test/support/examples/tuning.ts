/** Examples of fine-tuning, graders and evals. */
import { MODEL } from './texts.js';
import type { Example, Examples, World } from './world.js';

type Params = NonNullable<Example['params']>;

const TUNED = 'gpt-4o-mini-2024-07-18';
const LINE = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n';
const training = (world: World): Promise<string> =>
  world.once('training', () => world.file(LINE.repeat(10), 'a.jsonl', 'fine-tune'));
const job = async (world: World): Promise<string> =>
  (await world.post('/fine_tuning/jobs', { model: TUNED, training_file: await training(world) })).id;
const done = async (world: World): Promise<{ id: string; model: string }> => {
  const id = await job(world);
  const { fine_tuned_model: model } = await world.until(`/fine_tuning/jobs/${id}`, ({ status }) => status === 'succeeded'); // prettier-ignore
  return { id, model: model as string };
};
const doneOnce = (world: World): Promise<{ id: string; model: string }> =>
  world.once('job', () => done(world));
const permission = async (world: World): Promise<Params> => {
  const { model } = await doneOnce(world);
  const path = `/fine_tuning/checkpoints/${encodeURIComponent(model)}/permissions`;
  const { data } = await world.post<{ data: [{ id: string }] }>(path, { project_ids: ['proj_1'] });
  return { fine_tuned_model_checkpoint: model, permission_id: data[0].id };
};
const jobParams = async (world: World): Promise<Example> => ({
  params: { fine_tuning_job_id: (await doneOnce(world)).id },
});
const checkpoint = async (world: World): Promise<Params> => ({
  fine_tuned_model_checkpoint: (await doneOnce(world)).model,
});

const GRADER = {
  type: 'string_check',
  name: 'g',
  input: '{{sample.output_text}}',
  reference: '{{item.a}}',
  operation: 'eq',
};

const tuning: Examples = {
  createFineTuningJob: async (world) => ({
    body: {
      model: TUNED,
      training_file: await training(world),
      suffix: 'mine',
      seed: 5,
      metadata: { a: 'b' },
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 2 } } },
    },
  }),
  listPaginatedFineTuningJobs: async (world) => {
    await doneOnce(world);
    return { query: 'limit=3' };
  },
  retrieveFineTuningJob: jobParams,
  cancelFineTuningJob: async (world) => ({ params: { fine_tuning_job_id: await job(world) } }),
  pauseFineTuningJob: async (world) => ({ params: { fine_tuning_job_id: await job(world) } }),
  resumeFineTuningJob: async (world) => {
    const id = await job(world);
    await world.post(`/fine_tuning/jobs/${id}/pause`);
    return { params: { fine_tuning_job_id: id } };
  },
  listFineTuningJobCheckpoints: jobParams,
  listFineTuningEvents: jobParams,
  listFineTuningCheckpointPermissions: async (world) => {
    await permission(world);
    return { params: await checkpoint(world) };
  },
  createFineTuningCheckpointPermission: async (world) => ({
    params: await checkpoint(world),
    body: { project_ids: ['proj_2'] },
  }),
  deleteFineTuningCheckpointPermission: async (world) => ({ params: await permission(world) }),
  runGrader: () => ({ body: { grader: GRADER, item: { a: 'b' }, model_sample: 'b' } }),
  validateGrader: () => ({ body: { grader: GRADER } }),
  deleteModel: async (world) => ({ params: { model: (await done(world)).model } }),
};

const EVAL = {
  name: 'e',
  data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
  testing_criteria: [GRADER],
  metadata: { a: 'b' },
};
const evalOnce = async (world: World): Promise<Params> => ({
  eval_id: await world.once('eval', async () => (await world.post('/evals', EVAL)).id),
});
const runBody = (items: number) => ({
  name: 'r',
  metadata: { a: 'b' },
  data_source: {
    type: 'completions',
    model: MODEL,
    source: {
      type: 'file_content',
      content: Array.from({ length: items }, (_, i) => ({ item: { q: `${i}`, a: 'b' } })),
    },
    input_messages: { type: 'template', template: [{ role: 'user', content: '{{item.q}}' }] },
    sampling_params: { max_completion_tokens: 16 },
  },
});
const evalRun = async (world: World, items = 1): Promise<Params> => {
  const { eval_id } = (await evalOnce(world)) as { eval_id: string };
  return { eval_id, run_id: (await world.post(`/evals/${eval_id}/runs`, runBody(items))).id };
};
const runOnce = (world: World): Promise<Params> =>
  world.once('eval run', async () => {
    const params = await evalRun(world);
    const path = `/evals/${params['eval_id']}/runs/${params['run_id']}`;
    await world.until(path, ({ status }) => status === 'completed');
    return params;
  });
const outputItem = async (world: World): Promise<Params> => {
  const params = await runOnce(world);
  const path = `/evals/${params['eval_id']}/runs/${params['run_id']}/output_items`;
  const { data } = await world.get<{ data: [{ id: string }] }>(path);
  return { ...params, output_item_id: data[0].id };
};

const evals: Examples = {
  createEval: () => ({ body: EVAL }),
  listEvals: async (world) => {
    await evalOnce(world);
    return {};
  },
  getEval: async (world) => ({ params: await evalOnce(world) }),
  updateEval: async (world) => ({
    params: await evalOnce(world),
    body: { name: 'f', metadata: { a: 'c' } },
  }),
  deleteEval: async (world) => ({ params: { eval_id: (await world.post('/evals', EVAL)).id } }),
  createEvalRun: async (world) => ({ params: await evalOnce(world), body: runBody(1) }),
  getEvalRuns: async (world) => ({ params: { eval_id: (await runOnce(world))['eval_id']! } }),
  getEvalRun: async (world) => ({ params: await runOnce(world) }),
  // More than there is time for.
  cancelEvalRun: async (world) => ({ params: await evalRun(world, 200) }),
  deleteEvalRun: async (world) => ({ params: await evalRun(world) }),
  getEvalRunOutputItems: async (world) => ({ params: await runOnce(world) }),
  getEvalRunOutputItem: async (world) => ({ params: await outputItem(world) }),
};

export const TUNING_EXAMPLES: Examples = { ...tuning, ...evals };
