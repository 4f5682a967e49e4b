/** What happens in a fine-tuning job: its steps, its events, its checkpoints. All follow from the job and the time. */
import { hash32 } from '../../../../lib/random.js';
import { metricsOf, type StepMetrics } from './curves.js';
import {
  instantOf,
  type JobRecord,
  progressOf,
  seconds,
  STARTED,
  statusOf,
  VALIDATED,
} from './job-records.js';

/** Steps that have an event of their own: the others are too many. */
const MAX_STEP_EVENTS = 100;
/** OpenAI keeps the checkpoints of the last three epochs. */
const CHECKPOINTS = 3;

const progressAt = (job: JobRecord, step: number): number => STARTED + (1 - STARTED) * (step / job.steps);

/** Steps that a job has made. */
const stepsMade = (job: JobRecord, nowMs: number): number =>
  Math.floor(((progressOf(job, nowMs) - STARTED) / (1 - STARTED)) * job.steps + 1e-9);

const idOf = (prefix: string, job: JobRecord, what: string): string =>
  `${prefix}${[0, 1, 2].map((i) => hash32(job.seed, job.id, what, i).toString(36).padStart(7, '0')).join('')}`;

/** The events of a job until now, newest first. */
export function eventsOf(job: JobRecord, nowMs: number) {
  const events: { progress: number; level: string; message: string; data?: StepMetrics }[] = [];
  const say = (progress: number, message: string, level = 'info'): void => {
    events.push({ progress, message, level });
  };
  const status = statusOf(job, nowMs);
  say(0, `Created fine-tuning job: ${job.id}`);
  say(0, `Validating training file: ${job.trainingFile}`);
  if (job.validationFile !== null) say(0, `Validating validation file: ${job.validationFile}`);
  for (const { wandb } of job.integrations)
    say(0, `Weights & Biases is not contacted: no metrics are sent to the project ${wandb.project}`, 'warn');
  if (job.problem !== null) {
    const { param, message } = job.problem;
    say(VALIDATED, `The job failed due to an invalid ${param.replace('_', ' ')}. ${message}`, 'error');
  } else {
    say(VALIDATED, 'Files validated, moving job to queued state');
    say(STARTED, 'Fine-tuning job started');
    const stride = Math.max(1, Math.ceil(job.steps / MAX_STEP_EVENTS));
    for (let step = stride; step <= job.steps; step += stride) {
      const data = metricsOf(job, step);
      const message = `Step ${step}/${job.steps}: ${measureOf(data)}`;
      events.push({ progress: progressAt(job, step), level: 'info', message, data });
    }
    for (const step of checkpointSteps(job)) say(progressAt(job, step), `Checkpoint created at step ${step}`);
    say(1, `New fine-tuned model created: ${job.result}`);
    say(1, 'The job has successfully completed');
  }
  const made = progressOf(job, nowMs);
  const happened = events
    .filter(({ progress }) => progress <= made + 1e-9)
    .sort((a, b) => a.progress - b.progress)
    .map(({ progress, level, message, data }) => ({
      object: 'fine_tuning.job.event',
      id: idOf('ftevent-', job, message),
      created_at: seconds(instantOf(job, progress)),
      level,
      message,
      type: data ? 'metrics' : 'message',
      data: data ?? {},
    }));
  if (status === 'cancelled') {
    const message = 'The job was cancelled';
    const id = idOf('ftevent-', job, message);
    const created_at = seconds(job.cancelledMs!);
    happened.push({
      object: 'fine_tuning.job.event',
      id,
      created_at,
      level: 'info',
      message,
      type: 'message',
      data: {},
    });
  }
  return happened.toReversed();
}

/** The measures of a step, in the words of its event. */
function measureOf(data: StepMetrics): string {
  const {
    train_loss: loss,
    train_reward_mean: reward,
    valid_loss: validLoss,
    valid_reward_mean: valid,
  } = data;
  const named = { 'training loss': loss, 'validation loss': validLoss, 'training reward': reward, 'validation reward': valid }; // prettier-ignore
  return Object.entries(named)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value.toFixed(2)}`]))
    .join(', ');
}

/** The last steps of the last epochs. */
function checkpointSteps({ steps, epochs }: JobRecord): number[] {
  const kept = Math.min(CHECKPOINTS, epochs);
  const all = Array.from({ length: kept }, (_, i) => Math.round(((epochs - i) / epochs) * steps));
  return [...new Set(all)].filter((step) => step > 0);
}

/** The checkpoints that a job has made until now, newest first. */
export const checkpointsOf = (job: JobRecord, nowMs: number) =>
  checkpointSteps(job)
    .filter((step) => job.problem === null && step <= stepsMade(job, nowMs))
    .map((step) => ({
      object: 'fine_tuning.job.checkpoint',
      id: idOf('ftckpt_', job, `checkpoint ${step}`),
      created_at: seconds(instantOf(job, progressAt(job, step))),
      fine_tuned_model_checkpoint: step === job.steps ? job.result : `${job.result}:ckpt-step-${step}`,
      step_number: step,
      metrics: checkpointMetrics(job, step),
      fine_tuning_job_id: job.id,
    }));

/** All of a validation file is measured at checkpoints. */
function checkpointMetrics(job: JobRecord, step: number): StepMetrics {
  const metrics = metricsOf(job, step);
  const { valid_loss: loss, valid_mean_token_accuracy: accuracy } = metrics;
  if (loss === undefined || accuracy === undefined) return metrics;
  return { ...metrics, full_valid_loss: loss, full_valid_mean_token_accuracy: accuracy };
}
