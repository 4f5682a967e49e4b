/**
 * Keeps a process from ending its writing thread within a transaction: the thread would hang then, and with it the process.
 */

const [OPEN, WITHIN, SHUT] = [0, 1, 2];
/** A transaction takes a tenth of a millisecond; one that takes longer than this hangs. */
const MAX_WAIT_MS = 2000;

/** Memory of a gate. */
export const newGate = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

/**
 * Runs a transaction, which must not run another one through the gate. Once that is shut, this does not return: the process
 * is about to end.
 */
export function within<R>(gate: Int32Array, transaction: () => R): R {
  if (Atomics.compareExchange(gate, 0, OPEN, WITHIN) === SHUT) Atomics.wait(gate, 0, SHUT);
  try {
    return transaction();
  } finally {
    Atomics.compareExchange(gate, 0, WITHIN, OPEN);
    Atomics.notify(gate, 0);
  }
}

/** Waits until the transaction under way is over, and lets no other begin. */
export function shut(gate: Int32Array): void {
  while (Atomics.compareExchange(gate, 0, OPEN, SHUT) === WITHIN) {
    if (Atomics.wait(gate, 0, WITHIN, MAX_WAIT_MS) === 'timed-out') return;
  }
}
