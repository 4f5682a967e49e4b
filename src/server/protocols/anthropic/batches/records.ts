/** Message batches as they are kept, and as the API shows them. */
import type { Collection } from '../../../store/store.js';

/** How many requests came to which end. */
export interface Tally {
  succeeded: number;
  errored: number;
  canceled: number;
  expired: number;
}

/** A batch as it is kept. Instants are in milliseconds since 1970. */
export interface MessageBatchRecord {
  id: string;
  createdMs: number;
  expiresMs: number;
  cancelledMs: number | null;
  /** When the last request was over, and how they ended. */
  ended: { atMs: number; tally: Tally } | null;
  /** Requests. */
  total: number;
  /** The requests, one a line. */
  input: string;
  /** The results, one a line; null until it has ended. */
  results: string | null;
}

/** One request of a batch. */
export interface MessageBatchRequest {
  custom_id: string;
  params: Record<string, unknown>;
}

/** The group of {@link MESSAGE_BATCHES} by `state` of those that have not ended. */
export const OPEN = 'open';

export const MESSAGE_BATCHES: Collection<MessageBatchRecord> = {
  name: 'message_batches',
  indexes: { state: ({ ended }) => (ended ? undefined : OPEN) },
  maxCount: 10_000,
  atBound: 'refuse',
};

const NONE: Tally = { succeeded: 0, errored: 0, canceled: 0, expired: 0 };

const textOf = (ms: number): string => new Date(ms).toISOString();

/**
 * What the API says of a batch. Nothing is counted until all requests are over.
 *
 * @param origin - of the server, as its client calls it
 */
export function messageBatchBody(batch: MessageBatchRecord, origin: string) {
  const { id, createdMs, expiresMs, cancelledMs, ended, total } = batch;
  const open = cancelledMs === null ? 'in_progress' : 'canceling';
  return {
    id,
    type: 'message_batch',
    processing_status: ended ? 'ended' : open,
    request_counts: { processing: ended ? 0 : total, ...(ended?.tally ?? NONE) },
    created_at: textOf(createdMs),
    expires_at: textOf(expiresMs),
    ended_at: ended ? textOf(ended.atMs) : null,
    cancel_initiated_at: cancelledMs === null ? null : textOf(cancelledMs),
    archived_at: null,
    results_url: ended ? `${origin}/v1/messages/batches/${id}/results` : null,
  };
}
