/** What is measured at each step of a fine-tuning job: smooth curves with some noise, the same for the same job. */
import { createRandom, type Random } from '../../../../lib/random.js';
import type { JobRecord } from './job-records.js';

/** The measures of one step: of its loss, or of its reward. */
export type StepMetrics = { step: number } & Readonly<Record<string, number>>;

/** The learning rate at which the curves are as they are. */
const USUAL_RATE = 1.8;
/** How much of the way from the untrained model's reward to the best one a job comes, by how hard the model thinks. */
const REACH: Readonly<Record<string, number>> = { low: 0.7, default: 0.8, medium: 0.8, high: 0.9 };

/**
 * A loss that falls steeply and then slowly, or a reward that rises like that. What is measured on the validation file is
 * a little worse.
 */
export function metricsOf(job: JobRecord, step: number): StepMetrics {
  const random = createRandom(job.seed, 'fine-tuning', job.id, step);
  if (job.method === 'reinforcement') return rewards(job, step, random);
  return job.method === 'dpo' ? preferences(job, step, random) : losses(job, step, random);
}

/** From 0 to almost 1. A higher learning rate learns faster. */
const learntAt = (job: JobRecord, step: number, speed = 1): number =>
  1 - Math.exp(-4 * (step / job.steps) * speed * Math.min(4, Math.max(0.1, job.learningRate / USUAL_RATE)));

const fourNoises = (random: Random) =>
  [random.normal(), random.normal(), random.normal(), random.normal()] as const;

function losses(job: JobRecord, step: number, random: Random): StepMetrics {
  const learnt = learntAt(job, step);
  const noises = fourNoises(random);
  const loss = (noise: number, gap: number): number =>
    round(Math.max(0.05, 2.6 - 2.2 * learnt + gap * learnt + 0.05 * noise * (1 - (0.7 * step) / job.steps)));
  const accuracy = (noise: number, gap: number): number =>
    round(Math.min(0.99, 0.55 + (0.38 - gap) * learnt + 0.01 * noise));
  return {
    step,
    train_loss: loss(noises[0], 0),
    train_mean_token_accuracy: accuracy(noises[1], 0),
    ...(job.validationFile !== null && {
      valid_loss: loss(noises[2], 0.15),
      valid_mean_token_accuracy: accuracy(noises[3], 0.04),
    }),
  };
}

/**
 * DPO's loss is −log σ(β·Δ) (Rafailov et al. 2023, equation 7), where Δ is how much further than at first the model is from the
 * answer that is not preferred to the one that is: 0 at first, and in the end less the more a high β keeps the model where it was.
 */
function preferences(job: JobRecord, step: number, random: Random): StepMetrics {
  const beta = Number(job.special['beta'] ?? 0.1);
  const learnt = learntAt(job, step);
  const noises = fourNoises(random);
  const margin = (noise: number, share: number): number =>
    (8 / (beta + 0.3)) * (share * learnt + 0.04 * noise);
  const loss = (noise: number, share: number): number =>
    round(Math.log1p(Math.exp(-beta * margin(noise, share))));
  const accuracy = (noise: number, share: number): number =>
    round(Math.min(1, Math.max(0, 0.5 + 0.47 * share * learnt + 0.01 * noise)));
  return {
    step,
    train_loss: loss(noises[0], 1),
    train_mean_token_accuracy: accuracy(noises[1], 1),
    ...(job.validationFile !== null && {
      valid_loss: loss(noises[2], 0.85),
      valid_mean_token_accuracy: accuracy(noises[3], 0.85),
    }),
  };
}

/** From what the grader gives the untrained model towards the best that it can give. */
function rewards(job: JobRecord, step: number, random: Random): StepMetrics {
  const measured = job.rewards ?? { train: 0, valid: 0, best: 1, thoughts: 0 };
  const { special, validationFile } = job;
  const compute = Number(special['compute_multiplier'] ?? 1);
  // More is tried at each step: it learns faster, and its mean varies less.
  const learnt = learntAt(job, step, compute ** 0.25) * (REACH[String(special['reasoning_effort'])] ?? 0.8);
  const noises = fourNoises(random);
  const span = Math.abs(measured.best) || 1;
  const reward = (from: number, gap: number, noise: number): number =>
    round(Math.min(measured.best, from + (measured.best - from) * learnt * (1 - gap) + noise * span));
  const thoughts = measured.thoughts === 0 ? {} : { train_mean_reasoning_tokens: grown(measured.thoughts, learnt, noises[2]) }; // prettier-ignore
  const metrics = { step, train_reward_mean: reward(measured.train, 0, noises[0] * 0.02 * compute ** -0.5) };
  const isEvaluated = step % Number(special['eval_interval'] ?? 1) === 0 || step === job.steps;
  if (validationFile === null || !isEvaluated) return { ...metrics, ...thoughts };
  const scatter = 0.03 / Math.sqrt(Number(special['eval_samples'] ?? 1));
  return {
    ...metrics,
    valid_reward_mean: reward(measured.valid ?? measured.train, 0.06, noises[1] * scatter),
    ...thoughts,
  };
}

/** Models that are reinforced think longer and longer. */
const grown = (thoughts: number, learnt: number, noise: number): number =>
  Math.round(thoughts * (1 + 0.5 * learnt) * Math.exp(0.03 * noise));

const round = (value: number): number => Number(value.toFixed(5));

/** Columns of OpenAI's files of results, and the measures in them. */
const COLUMNS: Readonly<Record<string, string>> = {
  step: 'step',
  train_loss: 'train_loss',
  train_accuracy: 'train_mean_token_accuracy',
  valid_loss: 'valid_loss',
  valid_mean_token_accuracy: 'valid_mean_token_accuracy',
};
const REWARD_COLUMNS: Readonly<Record<string, string>> = {
  step: 'step',
  train_reward_mean: 'train_reward_mean',
  valid_reward_mean: 'valid_reward_mean',
  train_mean_reasoning_tokens: 'train_mean_reasoning_tokens',
};

/** The measures of all steps as CSV; a column is empty where nothing was measured. */
export function metricsCsv(job: JobRecord): string {
  const columns = job.method === 'reinforcement' ? REWARD_COLUMNS : COLUMNS;
  const lines = Array.from({ length: job.steps }, (_, i) => {
    const metrics = metricsOf(job, i + 1);
    return Object.values(columns)
      .map((name) => metrics[name] ?? '')
      .join(',');
  });
  return [Object.keys(columns).join(','), ...lines, ''].join('\n');
}
