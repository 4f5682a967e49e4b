/** One run of an eval, from its items to its counts. Whoever runs it holds its lease. */
import { messageOf } from '../../../../lib/errors.js';
import { LeaseLostError } from '../../../store/lease.js';
import { announce, type WebhookType } from '../../../webhooks/events.js';
import { contentOf } from '../files/file-records.js';
import { addTo } from '../graders/grading.js';
import type { WorkKind } from '../leased-work.js';
import { PiecedExecution } from '../pieced-execution.js';
import { readRows, type Row } from './data-source.js';
import {
  isOpen,
  itemId,
  ITEMS,
  OPEN,
  releaseFile,
  type RunRecord,
  RUNS,
  type SourceRecord,
  SOURCES,
} from './eval-records.js';
import { type ItemOutcome, runItem } from './run-item.js';

/** Runs of evals, for the threads to look for. */
export const EVAL_RUNS: WorkKind = {
  name: 'eval run',
  collection: RUNS,
  index: { name: 'state', group: OPEN },
  begin: (context, store, lease, id) => new RunExecution(context, store, lease, id),
};

/** See the file's head. A crashed one is begun anew by somebody else: items that have a record are not run again. */
class RunExecution extends PiecedExecution {
  /** Goes on until the run is over or {@link stop} is called. */
  async run(): Promise<void> {
    const kept = await this.store.get(SOURCES, this.id);
    if (!kept) return;
    let rows: Row[];
    try {
      rows = kept.rows ?? (await this.#rowsOf(kept));
    } catch (error) {
      await this.#fail('invalid_data_source', error);
      return;
    }
    await this.#change((run) => ({
      ...run,
      status: 'in_progress',
      counts: { ...run.counts, total: rows.length },
    }));
    const isWhole = await this.slots.runAll(rows.entries(), {
      isDone: async ([index]) =>
        (await this.store.get(ITEMS, itemId(this.context.seed, this.id, index))) !== undefined,
      open: async () => {
        const run = await this.store.get(RUNS, this.id);
        return run && isOpen(run) ? run : undefined;
      },
      run: ([index, row], run) => this.#runOne(run, kept, row, index),
    });
    if (!isWhole) return;
    await this.#end('eval.run.succeeded', (run) => ({ ...run, status: 'completed' }));
  }

  async #rowsOf({ source: { source }, blobs }: SourceRecord): Promise<Row[]> {
    if (source.type === 'file_content') return source.content;
    return blobs ? readRows(await contentOf(this.store, { blobs })) : [];
  }

  async #runOne(run: RunRecord, kept: SourceRecord, row: Row, index: number): Promise<void> {
    try {
      const outcome = await runItem(this.context, run, kept, row, index);
      if (this.slots.stopped) return;
      // What is cancelled stays as it was then.
      await this.lease.update(RUNS, this.id, (current, transaction) => {
        if (!isOpen(current)) return undefined;
        transaction.put(ITEMS, outcome.record.id, outcome.record);
        return counted(current, outcome);
      });
    } catch (error) {
      // Somebody else has the run now, or there is no room.
      this.stop();
      if (!(error instanceof LeaseLostError)) await this.#fail('server_error', error).catch(() => {});
    }
  }

  #fail(code: string, error: unknown): Promise<unknown> {
    const message = messageOf(error);
    return this.#end('eval.run.failed', (run) => ({ ...run, status: 'failed', error: { code, message } }));
  }

  /** Changes a run that is not over to one that is. */
  #end(type: WebhookType, change: (run: RunRecord) => RunRecord): Promise<unknown> {
    return this.lease.update(RUNS, this.id, async (run, transaction) => {
      if (!isOpen(run)) return undefined;
      await announce(this.context, transaction, type, { id: this.id });
      await releaseFile(transaction, this.id);
      return change(run);
    });
  }

  /** Changes a run that is not over. */
  #change(change: (run: RunRecord) => RunRecord): Promise<unknown> {
    return this.lease.update(RUNS, this.id, (run) => (isOpen(run) ? change(run) : undefined));
  }
}

/** A run with one more item. */
function counted(run: RunRecord, { record, usage }: ItemOutcome): RunRecord {
  const key = record.status === 'error' ? 'errored' : record.status === 'pass' ? 'passed' : 'failed';
  return {
    ...run,
    counts: { ...run.counts, [key]: run.counts[key] + 1 },
    perCriterion: run.perCriterion.map(({ passed, failed }, i) => {
      const result = record.results[i];
      return {
        passed: passed + Number(result?.passed === true),
        failed: failed + Number(result?.passed === false),
      };
    }),
    models: modelsWith(run.models, usage),
  };
}

/** What each model used, with what an item took. */
function modelsWith(models: RunRecord['models'], more: ItemOutcome['usage']): RunRecord['models'] {
  const invocations = new Map(models.map(({ model, invocations: count }) => [model, count]));
  const all = new Map(models.map(({ model, usage }) => [model, usage]));
  for (const [model, usage] of more) {
    addTo(all, model, usage);
    invocations.set(model, (invocations.get(model) ?? 0) + 1);
  }
  return [...all].map(([model, usage]) => ({ model, invocations: invocations.get(model)!, usage }));
}
