/** Batches as they are kept, and as the API shows them. */
import type { Collection } from '../../../store/store.js';

export type BatchStatus =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'expired'
  | 'cancelling'
  | 'cancelled';

/** What is wrong with a line of the input. */
export interface BatchProblem {
  code: string;
  message: string;
  param: string | null;
  /** From 1. */
  line: number | null;
}

/** Tokens of all answers together. */
export interface BatchUsage {
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** A batch as it is kept. Instants are in seconds since 1970. */
export interface BatchRecord {
  id: string;
  endpoint: string;
  model: string | null;
  inputFile: string;
  completionWindow: string;
  metadata: Record<string, string> | null;
  /** How long its output is kept; null for ever. */
  outputLifeS: number | null;
  status: BatchStatus;
  createdS: number;
  expiresS: number;
  /** When it came to be in each later status. */
  reachedS: Partial<Record<BatchStatus, number>>;
  errors: BatchProblem[];
  counts: { total: number; completed: number; failed: number };
  usage: BatchUsage;
  outputFile: string | null;
  errorFile: string | null;
}

const FINAL: ReadonlySet<BatchStatus> = new Set(['failed', 'completed', 'expired', 'cancelled']);

/** Whether there is nothing more to do. */
export const isOver = ({ status }: BatchRecord): boolean => FINAL.has(status);

/** The group of {@link BATCHES} by `state` of those that are not over. */
export const OPEN = 'open';

export const BATCHES: Collection<BatchRecord> = {
  name: 'batches',
  indexes: { state: (batch) => (isOver(batch) ? undefined : OPEN) },
  maxCount: 10_000,
  atBound: 'refuse',
};

/** What a batch that is not over reads its requests from: its client may delete the file, or let it expire. */
export interface BatchInputRecord {
  blobs: string[];
}

/** By the batch's id. */
export const INPUTS: Collection<BatchInputRecord> = {
  name: 'batch_inputs',
  maxCount: 10_000,
  atBound: 'refuse',
};

/** What it has been in at an instant, which is told of whether it was or not. */
const STATUSES = [
  'in_progress',
  'finalizing',
  'completed',
  'failed',
  'expired',
  'cancelling',
  'cancelled',
] as const;

/** What the API says of a batch. */
export const batchBody = (batch: BatchRecord) => ({
  id: batch.id,
  object: 'batch',
  endpoint: batch.endpoint,
  ...(batch.model === null ? {} : { model: batch.model }),
  errors: batch.errors.length > 0 ? { object: 'list', data: batch.errors } : null,
  input_file_id: batch.inputFile,
  completion_window: batch.completionWindow,
  status: batch.status,
  output_file_id: batch.outputFile,
  error_file_id: batch.errorFile,
  created_at: batch.createdS,
  expires_at: batch.expiresS,
  ...Object.fromEntries(STATUSES.map((status) => [`${status}_at`, batch.reachedS[status] ?? null])),
  request_counts: batch.counts,
  ...(isOver(batch) && batch.status !== 'failed' ? { usage: usageBody(batch.usage) } : {}),
  metadata: batch.metadata,
});

const usageBody = ({ inputTokens, cachedTokens, outputTokens, reasoningTokens }: BatchUsage) => ({
  input_tokens: inputTokens,
  input_tokens_details: { cached_tokens: cachedTokens },
  output_tokens: outputTokens,
  output_tokens_details: { reasoning_tokens: reasoningTokens },
  total_tokens: inputTokens + outputTokens,
});

/** A batch in another status from now on. */
export const inStatus = (batch: BatchRecord, status: BatchStatus, nowS: number): BatchRecord => ({
  ...batch,
  status,
  reachedS: { ...batch.reachedS, [status]: nowS },
});
