/** Work on one record, by whoever holds its lease. */
import type { ServerContext } from '../../context.js';
import type { HeldLease } from '../../store/lease.js';
import type { Store } from '../../store/store.js';
import type { Execution } from './leased-work.js';

/** See the file's head. */
export abstract class LeasedExecution implements Execution {
  protected readonly context: ServerContext;
  protected readonly store: Store;
  protected readonly lease: HeldLease;
  /** Of the record that it is about. */
  protected readonly id: string;
  /** Somebody else goes on. */
  protected stopped = false;

  constructor(context: ServerContext, store: Store, lease: HeldLease, id: string) {
    this.context = context;
    this.store = store;
    this.lease = lease;
    this.id = id;
  }

  abstract run(): Promise<void>;

  /** Makes {@link run} end soon. */
  stop(): void {
    this.stopped = true;
  }
}
