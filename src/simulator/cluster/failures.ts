/** Failures that happen to replicas, as scheduled events. */

/** The process dies with its cache and its requests, and is back after `downMs`; Infinity for never. */
export interface CrashEvent {
  readonly kind: 'crash';
  readonly replica: number;
  readonly atMs: number;
  readonly downMs: number;
}

/** Every step takes `factor` times as long; `thermal` because clocks were lowered. */
export interface SlowdownEvent {
  readonly kind: 'slow' | 'thermal';
  readonly replica: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly factor: number;
}

/** The driver reports an XID error; fatal ones crash the process. */
export interface XidEvent {
  readonly kind: 'xid';
  readonly replica: number;
  readonly atMs: number;
  readonly code: number;
  readonly downMs: number;
}

/** One failure. Instants and durations in milliseconds. */
export type FailureEvent = CrashEvent | SlowdownEvent | XidEvent;

/**
 * XID errors after which processes on the GPU do not go on (NVIDIA's XID catalogue): memory page fault, uncorrectable
 * ECC, page retirement failure, fallen off the bus, contained and uncontained ECC, GSP timeout.
 */
const FATAL_XIDS: ReadonlySet<number> = new Set([31, 48, 64, 79, 94, 95, 119]);

export const isFatalXid = (code: number): boolean => FATAL_XIDS.has(code);

/** Slowdowns that overlap multiply. */
export class Slowdowns {
  readonly #slow: number[][];
  readonly #thermal: number[][];

  constructor(replicas: number) {
    this.#slow = Array.from({ length: replicas }, () => []);
    this.#thermal = Array.from({ length: replicas }, () => []);
  }

  begin(kind: 'slow' | 'thermal', replica: number, factor: number): void {
    this.#of(kind, replica).push(factor);
  }

  end(kind: 'slow' | 'thermal', replica: number, factor: number): void {
    const active = this.#of(kind, replica);
    active.splice(active.indexOf(factor), 1);
  }

  /** Factor on the time of a step. */
  factor(replica: number): number {
    return [...this.#slow[replica]!, ...this.#thermal[replica]!].reduce((product, f) => product * f, 1);
  }

  /** The part of the factor that lowered clocks cause; 1 when none. */
  thermalFactor(replica: number): number {
    return this.#thermal[replica]!.reduce((product, f) => product * f, 1);
  }

  #of(kind: 'slow' | 'thermal', replica: number): number[] {
    return (kind === 'slow' ? this.#slow : this.#thermal)[replica]!;
  }
}
