/** The body of `POST /fine_tuning/jobs`, and what is chosen where it says nothing. */
import * as z from 'zod';
import { optionalMetadata } from '../common-fields.js';
import { graderField } from '../graders/kinds.js';
import type { JobMethod, JobRecord } from './job-records.js';

const orAuto = <T extends z.ZodType>(value: T) => z.union([z.literal('auto'), value]).nullish();
const common = {
  n_epochs: orAuto(z.int().min(1).max(50)),
  batch_size: orAuto(z.int().min(1).max(256)),
  learning_rate_multiplier: orAuto(z.number().positive()),
};
const supervised = z.strictObject(common).nullish();
const dpo = z.strictObject({ ...common, beta: orAuto(z.number().positive().max(2)) }).nullish();
const reinforcement = z
  .strictObject({
    ...common,
    reasoning_effort: z.enum(['default', 'low', 'medium', 'high']).nullish(),
    compute_multiplier: orAuto(z.number().min(1e-5).max(10)),
    eval_interval: orAuto(z.int().min(1)),
    eval_samples: orAuto(z.int().min(1)),
  })
  .nullish();
const integration = z.strictObject({
  type: z.literal('wandb'),
  wandb: z.strictObject({
    project: z.string().min(1),
    name: z.string().nullish(),
    entity: z.string().nullish(),
    tags: z.array(z.string()).max(50).optional(),
  }),
});
export const newJob = z.strictObject({
  model: z.string().min(1),
  training_file: z.string(),
  validation_file: z.string().nullish(),
  suffix: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[^:]*$/, { error: 'it cannot have a colon' })
    .nullish(),
  seed: z.int().min(0).max(2_147_483_647).nullish(),
  hyperparameters: supervised,
  method: z
    .strictObject({
      type: z.enum(['supervised', 'dpo', 'reinforcement']),
      supervised: z.strictObject({ hyperparameters: supervised }).nullish(),
      dpo: z.strictObject({ hyperparameters: dpo }).nullish(),
      reinforcement: z.strictObject({ grader: graderField, hyperparameters: reinforcement }).nullish(),
    })
    .nullish(),
  integrations: z.array(integration).max(5).nullish(),
  metadata: optionalMetadata,
});
export type NewJob = z.output<typeof newJob>;

const EPOCHS = 3;
const LEARNING_RATE = 1.8;
/** Share of the examples in a batch. */
const BATCH_SHARE = 0.002;

/** What OpenAI takes for `auto`, of what only some methods have. */
const SPECIAL: Readonly<Record<JobMethod, Readonly<Record<string, number | string>>>> = {
  supervised: {},
  dpo: { beta: 0.1 },
  reinforcement: { reasoning_effort: 'default', compute_multiplier: 1, eval_interval: 1, eval_samples: 1 },
};

/** What a job runs with. */
export function chooseHyperparameters(
  asked: NewJob,
  examples: number,
): Pick<JobRecord, 'epochs' | 'batchSize' | 'learningRate' | 'special'> {
  const type = asked.method?.type ?? 'supervised';
  const given: Record<string, unknown> = asked.method?.[type]?.hyperparameters ?? asked.hyperparameters ?? {};
  const chosen = <T>(name: string, usual: T): T => {
    const value = given[name];
    return value == null || value === 'auto' ? usual : (value as T);
  };
  const special = Object.entries(SPECIAL[type]).map(([name, usual]) => [name, chosen(name, usual)] as const);
  return {
    epochs: chosen('n_epochs', EPOCHS),
    batchSize: chosen('batch_size', Math.min(256, Math.max(1, Math.round(examples * BATCH_SHARE)))),
    learningRate: chosen('learning_rate_multiplier', LEARNING_RATE),
    special: Object.fromEntries(special),
  };
}
