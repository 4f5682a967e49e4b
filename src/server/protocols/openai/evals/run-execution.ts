/** One run of an eval, from its items to its counts. Whoever runs it holds its lease. */
import type { ServerContext } from '../../../context.js';
import { messageOf } from '../../../../lib/errors.js';
import { type HeldLease, LeaseLostError } from '../../../store/lease.js';
import type { Store } from '../../../store/store.js';
import { Slots } from '../batches/slots.js';
import { contentOf, FILES } from '../files/file-records.js';
import type { WorkKind } from '../leased-work.js';
import { type DataSource, readRows, type Row } from './data-source.js';
import { isOpen, itemId, ITEMS, OPEN, type RunRecord, RUNS, SOURCES, type Usage } from './eval-records.js';
import { type ItemOutcome, runItem } from './run-item.js';

/** Runs of evals, for the threads to look for. */
export const EVAL_RUNS: WorkKind = {
  name: 'eval run',
  collection: RUNS,
  index: { name: 'state', group: OPEN },
  begin: (context, store, lease, id) => new RunExecution(context, store, lease, id),
};

/** See the file's head. A crashed one is begun anew by somebody else: items that have a record are not run again. */
class RunExecution {
  readonly #context: ServerContext;
  readonly #store: Store;
  readonly #lease: HeldLease;
  readonly #id: string;
  readonly #slots: Slots;

  constructor(context: ServerContext, store: Store, lease: HeldLease, id: string) {
    this.#context = context;
    this.#store = store;
    this.#lease = lease;
    this.#id = id;
    // A run loads the models as a batch does, and within the same bounds.
    const { batchConcurrency, batchRate } = context.options;
    this.#slots = new Slots(context, batchConcurrency, batchRate);
  }

  /** Goes on until the run is over or {@link stop} is called. */
  async run(): Promise<void> {
    const { source } = (await this.#store.get(SOURCES, this.#id)) ?? {};
    if (!source) return;
    let rows: Row[];
    try {
      rows = await this.#rowsOf(source);
    } catch (error) {
      await this.#change((run) => ({
        ...run,
        status: 'failed',
        error: { code: 'invalid_data_source', message: messageOf(error) },
      }));
      return;
    }
    await this.#change((run) => ({
      ...run,
      status: 'in_progress',
      counts: { ...run.counts, total: rows.length },
    }));
    if (await this.#runAll(source, rows)) await this.#change((run) => ({ ...run, status: 'completed' }));
  }

  stop(): void {
    this.#slots.stop();
  }

  async #rowsOf({ source }: DataSource): Promise<Row[]> {
    if (source.type === 'file_content') return source.content;
    const file = await this.#store.get(FILES, source.id);
    if (!file) throw new Error(`The file ${source.id} is not there any more.`);
    return readRows(await contentOf(this.#store, file));
  }

  /** @returns false when it was stopped */
  async #runAll(source: DataSource, rows: readonly Row[]): Promise<boolean> {
    for (const [index, row] of rows.entries()) {
      if (await this.#store.get(ITEMS, itemId(this.#context.seed, this.#id, index))) continue;
      if (!(await this.#slots.take())) return false;
      const run = await this.#store.get(RUNS, this.#id);
      if (!run || !isOpen(run)) {
        this.#slots.give();
        break;
      }
      void this.#runOne(run, source, row, index).finally(() => this.#slots.give());
    }
    return this.#slots.allFree();
  }

  async #runOne(run: RunRecord, source: DataSource, row: Row, index: number): Promise<void> {
    try {
      const outcome = await runItem(this.#context, run, source, row, index);
      if (this.#slots.stopped) return;
      await this.#store.transact(async (transaction) => {
        await this.#lease.check(transaction);
        const current = await transaction.get(RUNS, this.#id);
        // What is cancelled stays as it was then.
        if (!current || !isOpen(current)) return;
        transaction.put(ITEMS, outcome.record.id, outcome.record);
        transaction.put(RUNS, this.#id, counted(current, outcome));
      });
    } catch (error) {
      // Somebody else has the run now, or there is no room.
      this.stop();
      if (!(error instanceof LeaseLostError)) await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<void> {
    await this.#change((run) => ({
      ...run,
      status: 'failed',
      error: { code: 'server_error', message: messageOf(error) },
    })).catch(() => {});
  }

  /** Changes a run that is not over. */
  #change(change: (run: RunRecord) => RunRecord): Promise<void> {
    return this.#store.transact(async (transaction) => {
      await this.#lease.check(transaction);
      const current = await transaction.get(RUNS, this.#id);
      if (current && isOpen(current)) transaction.put(RUNS, this.#id, change(current));
    });
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
    invocations: run.invocations + Number(usage !== undefined),
    usage: usage ? added(run.usage, usage) : run.usage,
  };
}

const added = (a: Usage, b: Usage): Usage => ({
  promptTokens: a.promptTokens + b.promptTokens,
  completionTokens: a.completionTokens + b.completionTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
});
