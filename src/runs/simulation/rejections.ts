/** Requests that a simulated fleet does not take, as clients see them. */
import type { ErrorKind } from '../../results/error-kinds.js';
import type { RejectReason } from '../../simulator/cluster/types.js';

/** What a real server would have answered. */
export const REJECTIONS: Readonly<Record<RejectReason, { kind: ErrorKind; message: string }>> = {
  queue_full: { kind: 'http_429', message: 'the queue of the replica is full (--max-queue)' },
  context_too_long: {
    kind: 'http_4xx',
    message:
      'prompt and answer are longer than a replica takes: its KV cache, --max-model-len, or without chunks a step (--max-num-batched-tokens)',
  },
  unavailable: { kind: 'http_5xx', message: 'no replica is up' },
};
