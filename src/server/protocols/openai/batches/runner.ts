/** Runs batches on a thread. Every thread that keeps something looks for batches that nobody runs. */
import { messageOf } from '../../../../lib/errors.js';
import type { ServerContext } from '../../../context.js';
import { HeldLease, LeaseLostError } from '../../../store/lease.js';
import { BATCHES, OPEN } from './batch-records.js';
import { BatchExecution } from './execution.js';

/** How often to look for batches that were left behind. */
const LOOK_MS = 1000;
/** Batches that one thread runs at a time; others wait. */
const MAX_RUNNING = 8;

const runners = new WeakMap<ServerContext, BatchRunner>();

/** See the file's head. */
export class BatchRunner {
  readonly #context: ServerContext;
  readonly #running = new Map<string, BatchExecution>();
  readonly #ends = new Set<Promise<void>>();
  #stopped = false;
  #looking = false;
  #again = false;

  private constructor(context: ServerContext) {
    this.#context = context;
    const timer = setInterval(() => this.look(), LOOK_MS).unref();
    context.onClose(async () => {
      this.#stopped = true;
      clearInterval(timer);
      for (const execution of this.#running.values()) execution.stop();
      await Promise.all(this.#ends);
    });
  }

  /** The only runner of a thread. */
  static of(context: ServerContext): BatchRunner {
    const known = runners.get(context);
    if (known) return known;
    const runner = new BatchRunner(context);
    runners.set(context, runner);
    return runner;
  }

  /** Looks for batches to run. */
  look(): void {
    if (this.#stopped) return;
    // One look at a time: two would take the same lease.
    this.#again = true;
    if (!this.#looking) this.#keep(this.#lookAll());
  }

  async #lookAll(): Promise<void> {
    this.#looking = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#lookOnce().catch(warn);
    }
    this.#looking = false;
  }

  async #lookOnce(): Promise<void> {
    const store = await this.#context.store();
    const index = { name: 'state', group: OPEN };
    const { data } = await store.list(BATCHES, { limit: 100, order: 'asc', index });
    const { clock, instance } = this.#context;
    for (const { id } of data) {
      if (this.#stopped || this.#running.size >= MAX_RUNNING) return;
      if (this.#running.has(id)) continue;
      const lease = await HeldLease.take(store, clock, `batch/${id}`, instance);
      if (!lease) continue;
      const execution = new BatchExecution(this.#context, store, lease, id);
      this.#running.set(id, execution);
      this.#keep(this.#run(execution, lease, id));
    }
  }

  #keep(work: Promise<void>): void {
    this.#ends.add(work);
    void work.finally(() => this.#ends.delete(work));
  }

  async #run(execution: BatchExecution, lease: HeldLease, id: string): Promise<void> {
    try {
      if (!this.#stopped) await execution.run();
    } catch (error) {
      if (!(error instanceof LeaseLostError)) warn(error);
    } finally {
      this.#running.delete(id);
      await lease.release().catch(() => {});
    }
  }
}

const warn = (error: unknown): void =>
  process.emitWarning(`a batch failed: ${messageOf(error)}`, 'FakeaiWarning');
