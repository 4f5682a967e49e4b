/** Tells webhooks of the ends of fine-tuning jobs, which nobody else watches: they follow from the time alone. */
import type { ServerContext } from '../../../context.js';
import { announce } from '../../../webhooks/events.js';
import { LeasedExecution } from '../leased-execution.js';
import { type WorkKind, WorkRunner } from '../leased-work.js';
import { AWAITED, isOver, JOBS, statusOf } from './job-records.js';
import { settled } from './settle.js';

const JOB_ENDS: WorkKind = {
  name: 'fine-tuning job',
  collection: JOBS,
  index: { name: 'awaited', group: AWAITED },
  begin: (context, store, lease, id) => new JobEnd(context, store, lease, id),
};

/** Looks for jobs that have ended, every second from now on. */
export const watchJobs = (context: ServerContext): void => WorkRunner.of(context, JOB_ENDS).look();

/** Whether somebody is to be told of the end of a new job. */
export function awaitsEnd(context: ServerContext): boolean {
  const awaited = (context.options.webhook ?? []).length > 0;
  if (awaited) watchJobs(context);
  return awaited;
}

/** One look at one job. */
class JobEnd extends LeasedExecution {
  async run(): Promise<void> {
    const found = await this.store.get(JOBS, this.id);
    if (!found) return;
    const job = await settled(this.context, found);
    const status = statusOf(job, this.context.clock.wallMs());
    if (!isOver(status)) return;
    await this.lease.update(JOBS, this.id, async (current, transaction) => {
      if (!current.awaited) return undefined;
      await announce(this.context, transaction, `fine_tuning.job.${status}`, { id: this.id });
      return { ...current, awaited: false };
    });
  }
}
