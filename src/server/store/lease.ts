/** Who works on something: at most one at a time, over all threads and processes that share a store. */
import type { Clock } from '../../lib/clock.js';
import { OF_OWNER, OWNED } from './owned.js';
import type { Collection, Store, Transaction } from './store.js';

interface Lease {
  owner: string;
}

const LEASES: Collection<Lease> = {
  name: OWNED.leases,
  indexes: { [OF_OWNER]: ({ owner }) => owner },
  maxCount: 100_000,
  atBound: 'evict',
};

/**
 * How long a lease outlives its last renewal. Those of threads and processes that ended are known to be free at once (see
 * owners.ts): this is for threads that hang, and for other machines.
 */
const LIFE_MS = 4000;
const RENEW_MS = 1000;

/** A lease was lost: its owner was held up for so long that another took it. */
export class LeaseLostError extends Error {}

/** A lease that its owner renews until it is released. */
export class HeldLease {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #owner: string;
  readonly #renewal: NodeJS.Timeout;

  private constructor(store: Store, clock: Clock, name: string, owner: string) {
    this.#store = store;
    this.#clock = clock;
    this.#name = name;
    this.#owner = owner;
    this.#renewal = setInterval(() => void this.#renew().catch(() => {}), RENEW_MS).unref();
  }

  /**
   * Takes a lease.
   *
   * @param name - what it is for
   * @param owner - different for everybody who could hold it
   * @returns undefined when somebody else has it
   */
  static async take(store: Store, clock: Clock, name: string, owner: string): Promise<HeldLease | undefined> {
    const taken = await store.transact(async (transaction) => {
      const lease = await transaction.get(LEASES, name);
      if (lease && lease.owner !== owner) return false;
      transaction.put(LEASES, name, { owner }, { expiresAtMs: clock.wallMs() + LIFE_MS });
      return true;
    });
    return taken ? new HeldLease(store, clock, name, owner) : undefined;
  }

  /**
   * Makes the rest of a transaction depend on still having the lease.
   *
   * @throws LeaseLostError when somebody else has it
   */
  async check(transaction: Transaction): Promise<void> {
    const lease = await transaction.get(LEASES, this.#name);
    if (lease?.owner !== this.#owner) throw new LeaseLostError(`the lease ${this.#name} was lost`);
  }

  /**
   * Changes a value, if it is there and the lease still held.
   *
   * @param change - gives the new value, or undefined to leave it as it is; may put more into the same transaction
   * @returns the new value; undefined when nothing was changed
   * @throws LeaseLostError when somebody else has the lease
   */
  update<T extends object>(
    collection: Collection<T>,
    id: string,
    change: (current: T, transaction: Transaction) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined> {
    return this.#store.transact(async (transaction) => {
      await this.check(transaction);
      const current = await transaction.get(collection, id);
      const changed = current && (await change(current, transaction));
      if (changed) transaction.put(collection, id, changed);
      return changed;
    });
  }

  /** Gives it up, so that others need not wait until it ends. */
  async release(): Promise<void> {
    clearInterval(this.#renewal);
    await this.#store.transact(async (transaction) => {
      const lease = await transaction.get(LEASES, this.#name);
      if (lease?.owner === this.#owner) transaction.delete(LEASES, this.#name);
    });
  }

  #renew(): Promise<void> {
    const expiresAtMs = this.#clock.wallMs() + LIFE_MS;
    return this.#store.transact(async (transaction) => {
      await this.check(transaction);
      transaction.put(LEASES, this.#name, { owner: this.#owner }, { expiresAtMs });
    });
  }
}
