/**
 * Values that are of no use once the thread has ended that put them. They say whose they are by an index of this name, and are
 * deleted then.
 */

/** The index: the `instance` of the thread. */
export const OF_OWNER = 'owner';

/** Collections with such values. */
export const OWNED = {
  leases: 'leases',
  idempotencyKeys: 'idempotency_keys',
  realtimeCalls: 'realtime-calls',
} as const;
