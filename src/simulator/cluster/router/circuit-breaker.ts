/** Stops sending to replicas that fail. */

export interface CircuitBreakerOptions {
  /** Failures in a row that open the circuit. Default 3. */
  readonly failureThreshold?: number;
  /** Time before one request may try again. Default 10 s. */
  readonly openMs?: number;
  /** A first token later than this counts as a failure. Default never. */
  readonly slowTtftMs?: number;
}

const CLOSED = 0;
const OPEN = 1;
const HALF_OPEN = 2;

/** Closed → (failures) → open → (time) → half-open: one probe → closed or open again. */
export class CircuitBreaker {
  readonly #state: Uint8Array;
  readonly #failures: Uint32Array;
  readonly #openedMs: Float64Array;
  readonly #probing: Uint8Array;
  readonly #threshold: number;
  readonly #openMs: number;
  readonly slowTtftMs: number;
  #notClosed = 0;
  opened = 0;
  closed = 0;
  probes = 0;

  constructor(replicas: number, options: CircuitBreakerOptions) {
    this.#state = new Uint8Array(replicas);
    this.#failures = new Uint32Array(replicas);
    this.#openedMs = new Float64Array(replicas);
    this.#probing = new Uint8Array(replicas);
    this.#threshold = options.failureThreshold ?? 3;
    this.#openMs = options.openMs ?? 10_000;
    this.slowTtftMs = options.slowTtftMs ?? Infinity;
  }

  /** Whether a request may be sent now. */
  allows(replica: number, nowMs: number): boolean {
    if (this.#state[replica] === OPEN && nowMs >= this.#openedMs[replica]! + this.#openMs) {
      this.#state[replica] = HALF_OPEN;
      this.#probing[replica] = 0;
    }
    return (
      this.#state[replica] === CLOSED || (this.#state[replica] === HALF_OPEN && this.#probing[replica] === 0)
    );
  }

  /** A request is being sent. */
  sent(replica: number): void {
    if (this.#state[replica] !== HALF_OPEN) return;
    this.#probing[replica] = 1;
    this.probes++;
  }

  succeeded(replica: number): void {
    this.#failures[replica] = 0;
    // A late answer to a request sent before the circuit opened proves nothing; a probe's answer does.
    if (this.#state[replica] !== HALF_OPEN) return;
    this.#state[replica] = CLOSED;
    this.#notClosed--;
    this.closed++;
  }

  failed(replica: number, nowMs: number): void {
    this.#failures[replica]!++;
    if (this.#state[replica] === OPEN) return;
    if (this.#state[replica] === CLOSED && this.#failures[replica]! < this.#threshold) return;
    if (this.#state[replica] === CLOSED) this.#notClosed++;
    this.#state[replica] = OPEN;
    this.#openedMs[replica] = nowMs;
    this.opened++;
  }

  /** A probe ended without telling anything (its client went away). */
  unknown(replica: number): void {
    this.#probing[replica] = 0;
  }

  /** Replicas whose circuit is not closed. */
  get notClosed(): number {
    return this.#notClosed;
  }
}
