/** Batches as work for the threads to look for. */
import type { WorkKind } from '../leased-work.js';
import { BATCHES, OPEN } from './batch-records.js';
import { BatchExecution } from './execution.js';

export const BATCH_WORK: WorkKind = {
  name: 'batch',
  collection: BATCHES,
  index: { name: 'state', group: OPEN },
  begin: (context, store, lease, id) => new BatchExecution(context, store, lease, id),
};
