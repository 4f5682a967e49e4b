/** Work in pieces that load the models as a batch does, and within the same bounds. Whoever does it holds its lease. */
import type { ServerContext } from '../../context.js';
import type { HeldLease } from '../../store/lease.js';
import type { Store } from '../../store/store.js';
import { LeasedExecution } from './leased-execution.js';
import { Slots } from './slots.js';

/** See the file's head. A crashed one is begun anew by somebody else: pieces that are kept are not done again. */
export abstract class PiecedExecution extends LeasedExecution {
  protected readonly slots: Slots;

  constructor(context: ServerContext, store: Store, lease: HeldLease, id: string) {
    super(context, store, lease, id);
    const { batchConcurrency, batchRate } = context.options;
    this.slots = new Slots(context, batchConcurrency, batchRate);
  }

  /** What is under way is not waited for, and begun anew by whoever goes on. */
  override stop(): void {
    super.stop();
    this.slots.stop();
  }
}
