/** Fine-tuning jobs as they are kept. How far one has come follows from the time: nothing runs in between. */
import type { Collection } from '../../../store/store.js';
import type { Grader } from '../graders/kinds.js';

export type JobMethod = 'supervised' | 'dpo' | 'reinforcement';

/** Where the metrics of a job are to be shown too. */
export interface Integration {
  type: 'wandb';
  wandb: {
    project: string;
    name?: string | null | undefined;
    entity?: string | null | undefined;
    tags?: string[] | undefined;
  };
}

/** What a grader gave the model before it was reinforced, as means. */
export interface Rewards {
  train: number;
  /** Null without a validation file. */
  valid: number | null;
  /** The best that the grader can give. */
  best: number;
  /** Tokens of thoughts of an answer. */
  thoughts: number;
}

/** A job as it is kept; instants in milliseconds since 1970. */
export interface JobRecord {
  id: string;
  createdMs: number;
  /** The model that is tuned. */
  base: string;
  /** The id of the model that comes out. */
  result: string;
  trainingFile: string;
  validationFile: string | null;
  seed: number;
  method: JobMethod;
  /** Hyperparameters that only its method has. */
  special: Record<string, number | string>;
  /** Of reinforcement. */
  grader: Grader | null;
  /** Of reinforcement, once they are measured. */
  rewards: Rewards | null;
  integrations: Integration[];
  epochs: number;
  batchSize: number;
  learningRate: number;
  metadata: Record<string, string> | null;
  steps: number;
  trainedTokens: number;
  /** From the creation to the end, without pauses. */
  durationMs: number;
  /** Why its files are refused; it fails after their validation. */
  problem: { code?: string; param: 'training_file' | 'validation_file'; message: string } | null;
  /** The last one has no end while it is paused. */
  pauses: { fromMs: number; toMs: number | null }[];
  cancelledMs: number | null;
  /** Of a job that was seen to have succeeded. */
  resultFile: string | null;
  /** Whether the model that came out was deleted. */
  deleted: boolean;
  /** Whether somebody is still to be told of its end. */
  awaited?: boolean;
}

/** The group of {@link JOBS} by `awaited` of those whose end somebody is to be told of. */
export const AWAITED = 'awaited';

export const JOBS: Collection<JobRecord> = {
  name: 'fine_tuning_jobs',
  indexes: { awaited: ({ awaited }) => (awaited ? AWAITED : undefined) },
  maxCount: 10_000,
  atBound: 'refuse',
};

export type JobStatus =
  'validating_files' | 'queued' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled';

/** Shares of a job's time at which its files are validated, and at which it begins to run. */
export const VALIDATED = 0.1;
export const STARTED = 0.2;

/** How much of its own time a job has had, as a share; at most 1. */
export function progressOf(job: JobRecord, nowMs: number): number {
  const endMs = job.cancelledMs ?? nowMs;
  const pausedMs = job.pauses.reduce((sum, { fromMs, toMs }) => sum + (toMs ?? endMs) - fromMs, 0);
  const ownMs = endMs - job.createdMs - pausedMs;
  return job.durationMs === 0 ? 1 : Math.min(1, ownMs / job.durationMs);
}

/** When a job had, or will have had, a share of its own time. */
export function instantOf(job: JobRecord, progress: number): number {
  let atMs = job.createdMs + progress * job.durationMs;
  for (const { fromMs, toMs } of job.pauses) if (fromMs < atMs && toMs !== null) atMs += toMs - fromMs;
  return atMs;
}

export function statusOf(job: JobRecord, nowMs: number): JobStatus {
  const progress = progressOf(job, nowMs);
  if (job.problem !== null && progress >= VALIDATED) return 'failed';
  if (job.cancelledMs !== null) return 'cancelled';
  if (progress >= 1) return 'succeeded';
  if (job.pauses.at(-1)?.toMs === null) return 'paused';
  if (progress < VALIDATED) return 'validating_files';
  return progress < STARTED ? 'queued' : 'running';
}

/** Whether there is nothing more to come. */
export const isOver = (status: JobStatus): status is 'succeeded' | 'failed' | 'cancelled' =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';

/** What the API says of a job. */
export function jobBody(job: JobRecord, nowMs: number) {
  const status = statusOf(job, nowMs);
  const hyperparameters = {
    n_epochs: job.epochs,
    batch_size: job.batchSize,
    learning_rate_multiplier: job.learningRate,
  };
  const over = isOver(status);
  return {
    id: job.id,
    object: 'fine_tuning.job',
    created_at: seconds(job.createdMs),
    model: job.base,
    organization_id: 'org-fakeai',
    status,
    error: status === 'failed' ? { code: `invalid_${job.problem!.param}`, ...job.problem! } : null,
    fine_tuned_model: status === 'succeeded' ? job.result : null,
    finished_at: over
      ? seconds(job.cancelledMs ?? instantOf(job, status === 'failed' ? VALIDATED : 1))
      : null,
    estimated_finish: over || status === 'paused' ? null : seconds(instantOf(job, 1)),
    hyperparameters,
    method: {
      type: job.method,
      [job.method]: {
        ...(job.grader === null ? {} : { grader: job.grader }),
        hyperparameters: { ...hyperparameters, ...job.special },
      },
    },
    training_file: job.trainingFile,
    validation_file: job.validationFile,
    result_files: job.resultFile === null ? [] : [job.resultFile],
    trained_tokens: status === 'succeeded' ? job.trainedTokens : null,
    seed: job.seed,
    integrations: job.integrations,
    metadata: job.metadata,
  };
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);
