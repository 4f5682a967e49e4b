/** Work in pieces that load the models as a batch does, and within the same bounds. Whoever does it holds its lease. */
import type { ServerContext } from '../../context.js';
import type { HeldLease } from '../../store/lease.js';
import type { Store } from '../../store/store.js';
import type { Execution } from './leased-work.js';
import { Slots } from './slots.js';

/** See the file's head. A crashed one is begun anew by somebody else: pieces that are kept are not done again. */
export abstract class PiecedExecution implements Execution {
  protected readonly context: ServerContext;
  protected readonly store: Store;
  protected readonly lease: HeldLease;
  /** Of the record that it is about. */
  protected readonly id: string;
  protected readonly slots: Slots;

  constructor(context: ServerContext, store: Store, lease: HeldLease, id: string) {
    this.context = context;
    this.store = store;
    this.lease = lease;
    this.id = id;
    const { batchConcurrency, batchRate } = context.options;
    this.slots = new Slots(context, batchConcurrency, batchRate);
  }

  abstract run(): Promise<void>;

  /** Makes {@link run} end soon; what is under way is not waited for, and begun anew by whoever goes on. */
  stop(): void {
    this.slots.stop();
  }
}
