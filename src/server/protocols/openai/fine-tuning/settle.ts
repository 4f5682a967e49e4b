/** What has to be done when the time of a fine-tuning job has come: whoever finds that it has does it. */
import type { ServerContext } from '../../../context.js';
import { newId } from '../../../store/new-id.js';
import { makeFile, putFile } from '../files/file-records.js';
import { metricsCsv } from './curves.js';
import { JOBS, type JobRecord, progressOf, statusOf, VALIDATED } from './job-records.js';
import { measureRewards } from './rewards.js';

/** A job whose rewards are known as soon as anything depends on them. */
export async function measured(context: ServerContext, job: JobRecord): Promise<JobRecord> {
  if (job.method !== 'reinforcement' || job.rewards || job.problem) return job;
  const outcome = await measureRewards(context, job);
  const store = await context.store();
  return (await store.update(JOBS, job.id, (current) => ({ ...current, ...outcome }))) ?? job;
}

/** A job as it is now: one that is found to have succeeded gets its file of results. */
export async function settled(context: ServerContext, found: JobRecord): Promise<JobRecord> {
  const isValidated = progressOf(found, context.clock.wallMs()) >= VALIDATED;
  const job = isValidated ? await measured(context, found) : found;
  if (job.resultFile !== null || statusOf(job, context.clock.wallMs()) !== 'succeeded') return job;
  const store = await context.store();
  const csv = Buffer.from(metricsCsv(job));
  const blob = await newId(context, 'blob_');
  await store.writeBlob(blob, csv);
  const details = { filename: 'step_metrics.csv', purpose: 'fine-tune-results', lifeS: null } as const;
  const file = await makeFile(context, details, [blob], csv.length);
  return store.transact(async (transaction) => {
    const current = await transaction.get(JOBS, job.id);
    if (!current || current.resultFile !== null) return current ?? job;
    putFile(transaction, file);
    const done = { ...current, resultFile: file.id };
    transaction.put(JOBS, job.id, done);
    return done;
  });
}
