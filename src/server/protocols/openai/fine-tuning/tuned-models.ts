/** Models that came out of fine-tuning jobs: in the list of models until they are deleted. */
import type { ServerContext } from '../../../context.js';
import { JOBS, type JobRecord, seconds, statusOf } from './job-records.js';

const MOST = 1000;

const isThere = (job: JobRecord, nowMs: number): boolean =>
  !job.deleted && statusOf(job, nowMs) === 'succeeded';

/** The tuned models as the API lists them, newest first. */
export async function listTunedModels(context: ServerContext) {
  const store = await context.store();
  const nowMs = context.clock.wallMs();
  const where = (job: JobRecord): boolean => isThere(job, nowMs);
  const { data } = await store.list(JOBS, { limit: MOST, order: 'desc', where });
  return data.map(({ result, createdMs }) => ({
    id: result,
    object: 'model',
    created: seconds(createdMs),
    owned_by: 'fakeai',
  }));
}

/** When a model, or the one that it is a checkpoint of, was made, in seconds; undefined when it was not made here. */
export async function tunedAtS(context: ServerContext, model: string): Promise<number | undefined> {
  const store = await context.store();
  const where = ({ result }: JobRecord): boolean => model === result || model.startsWith(`${result}:`);
  const { data } = await store.list(JOBS, { limit: 1, order: 'desc', where });
  return data[0] && seconds(data[0].createdMs);
}

/** Makes the threads know which tuned models were deleted before the server began. */
export async function recallDeletedModels(context: ServerContext): Promise<void> {
  const store = await context.store();
  const where = ({ deleted }: JobRecord): boolean => deleted;
  const { data } = await store.list(JOBS, { limit: MOST, order: 'desc', where });
  for (const { result } of data) context.models.remove(result);
}

/** Takes a tuned model out of the list. */
export async function forgetTunedModel(context: ServerContext, model: string): Promise<void> {
  const store = await context.store();
  const where = ({ result }: JobRecord): boolean => result === model;
  const { data } = await store.list(JOBS, { limit: 1, order: 'desc', where });
  for (const { id } of data) await store.update(JOBS, id, (job) => ({ ...job, deleted: true }));
}
