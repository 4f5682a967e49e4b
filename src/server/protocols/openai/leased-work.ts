/** Work that goes on after its request, such as batches. Every thread that keeps something looks for what nobody works on. */
import { messageOf } from '../../../lib/errors.js';
import type { ServerContext } from '../../context.js';
import { HeldLease, LeaseLostError } from '../../store/lease.js';
import { unnoted } from '../../store/commit-note.js';
import type { Collection, Store } from '../../store/store.js';

/** One piece of work under way. */
export interface Execution {
  /** Goes on until the work is over or {@link stop} is called. */
  run(): Promise<void>;
  stop(): void;
}

/** A kind of work. Declared once, as a constant. */
export interface WorkKind {
  /** Names its leases. */
  name: string;
  /** Its records, and which of them are to be worked on. */
  // oxlint-disable-next-line typescript/no-explicit-any -- only the ids are looked at, whatever the records are
  collection: Collection<any>;
  index: { name: string; group: string };
  /** The key of a record; its `id` by default. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  idOf?: (record: any) => string;
  /** Goes on with a record, which may have been begun before. */
  begin: (context: ServerContext, store: Store, lease: HeldLease, id: string) => Execution;
}

/** How often to look for work that was left behind. */
const LOOK_MS = 1000;
/** Pieces of a kind that one thread works on at a time; others wait. */
const MAX_RUNNING = 8;

/** Stands for work whose record is still to be put. */
const NOT_YET: Execution = { run: () => Promise.resolve(), stop: () => {} };

const runners = new WeakMap<ServerContext, Map<WorkKind, WorkRunner>>();

/** See the file's head. */
export class WorkRunner {
  readonly #context: ServerContext;
  readonly #kind: WorkKind;
  readonly #running = new Map<string, Execution>();
  readonly #ends = new Set<Promise<void>>();
  #stopped = false;
  #looking = false;
  #again = false;

  private constructor(context: ServerContext, kind: WorkKind) {
    this.#context = context;
    this.#kind = kind;
    const timer = setInterval(() => this.look(), LOOK_MS).unref();
    context.onClose(async () => {
      this.#stopped = true;
      clearInterval(timer);
      for (const execution of this.#running.values()) execution.stop();
      // What was being looked for can have begun meanwhile.
      while (this.#ends.size > 0) await Promise.all(this.#ends);
    });
  }

  /** The only runner of a thread for a kind of work. */
  static of(context: ServerContext, kind: WorkKind): WorkRunner {
    const ours = runners.get(context) ?? new Map<WorkKind, WorkRunner>();
    runners.set(context, ours);
    const known = ours.get(kind);
    if (known) return known;
    const runner = new WorkRunner(context, kind);
    ours.set(kind, runner);
    return runner;
  }

  /**
   * Works on something that its client waits for, however much else is under way.
   *
   * @param id - of a record that nobody works on
   * @param begin - puts the record; whatever it throws ends the matter
   */
  async start(id: string, begin: (lease: HeldLease) => Promise<Execution>): Promise<void> {
    const { clock, instance } = this.#context;
    this.#running.set(id, NOT_YET);
    const lease = await HeldLease.take(await this.#context.store(), clock, this.#nameOf(id), instance);
    try {
      if (!lease) throw new LeaseLostError(`somebody else works on the ${this.#kind.name} ${id}`);
      const execution = await begin(lease);
      this.#running.set(id, execution);
      this.#keep(this.#run(execution, lease, id));
    } catch (error) {
      this.#running.delete(id);
      await lease?.release();
      throw error;
    }
  }

  /** Looks for work. */
  look(): void {
    if (this.#stopped) return;
    // One look at a time: two would take the same lease.
    this.#again = true;
    // What is found is not the work of the request that had it looked for.
    if (!this.#looking) unnoted(() => this.#keep(this.#lookAll()));
  }

  async #lookAll(): Promise<void> {
    this.#looking = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#lookOnce().catch((error: unknown) => this.#warn(error));
    }
    this.#looking = false;
  }

  async #lookOnce(): Promise<void> {
    const store = await this.#context.store();
    const { collection, index, begin, idOf = ({ id }: { id: string }) => id } = this.#kind;
    const { data } = await store.list(collection as Collection<{ id: string }>, {
      limit: 100,
      order: 'asc',
      index,
    });
    const { clock, instance } = this.#context;
    for (const record of data) {
      const id = idOf(record);
      if (this.#stopped || this.#running.size >= MAX_RUNNING) return;
      if (this.#running.has(id)) continue;
      const lease = await HeldLease.take(store, clock, this.#nameOf(id), instance);
      if (!lease) continue;
      const execution = begin(this.#context, store, lease, id);
      this.#running.set(id, execution);
      this.#keep(this.#run(execution, lease, id));
    }
  }

  #nameOf = (id: string): string => `${this.#kind.name}/${id}`;

  #keep(work: Promise<void>): void {
    this.#ends.add(work);
    void work.finally(() => this.#ends.delete(work));
  }

  async #run(execution: Execution, lease: HeldLease, id: string): Promise<void> {
    try {
      if (!this.#stopped) await execution.run();
    } catch (error) {
      if (!(error instanceof LeaseLostError)) this.#warn(error);
    } finally {
      this.#running.delete(id);
      await lease.release().catch(() => {});
    }
  }

  #warn(error: unknown): void {
    process.emitWarning(`a ${this.#kind.name} failed: ${messageOf(error)}`, 'FakeaiWarning');
  }
}
