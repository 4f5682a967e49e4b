/** A link whose bandwidth is shared equally by the transfers on it. */

import { RateMeter } from '../../../lib/rate-meter.js';

/** Runs something at an instant; the cluster's timeline. */
export interface Scheduling {
  at(atMs: number, action: (nowMs: number) => void): void;
}

interface Transfer {
  /** Virtual bytes at which it is complete. */
  finish: number;
  order: number;
  done: (nowMs: number) => void;
}

/**
 * Processor sharing by virtual time: `#served` counts the bytes that each transfer on the link has received, so a
 * transfer of n bytes is complete when it has grown by n. The number of transfers is bounded by that of the sequences
 * in flight.
 */
export class SharedLink {
  readonly #transfers: Transfer[] = [];
  #served = 0;
  #updatedMs = 0;
  #version = 0;
  #order = 0;
  /** Bytes moved since the start. */
  bytes = 0;
  readonly #rate = new RateMeter();

  /**
   * @param bytesPerMs - total bandwidth
   * @param latencyMs - fixed time of each transfer before its bytes flow
   */
  constructor(
    readonly timeline: Scheduling,
    readonly bytesPerMs: number,
    readonly latencyMs: number,
  ) {}

  get active(): number {
    return this.#transfers.length;
  }

  /** Starts a transfer; `done` is called when its last byte has arrived. */
  start(bytes: number, nowMs: number, done: (nowMs: number) => void): void {
    if (this.latencyMs > 0) this.timeline.at(nowMs + this.latencyMs, (at) => this.#enter(bytes, at, done));
    else this.#enter(bytes, nowMs, done);
  }

  #enter(bytes: number, nowMs: number, done: (nowMs: number) => void): void {
    this.#progress(nowMs);
    this.bytes += bytes;
    this.#transfers.push({ finish: this.#served + bytes, order: this.#order++, done });
    this.#arm(nowMs);
  }

  #progress(nowMs: number): void {
    const count = this.#transfers.length;
    if (count > 0) this.#served += ((nowMs - this.#updatedMs) * this.bytesPerMs) / count;
    this.#updatedMs = nowMs;
  }

  #first(): Transfer | undefined {
    let first: Transfer | undefined;
    for (const transfer of this.#transfers) {
      if (!first || transfer.finish < first.finish) first = transfer;
    }
    return first;
  }

  /** Bytes per second over about the last second. */
  bytesPerS(nowMs: number): number {
    return this.#rate.read(nowMs);
  }

  #arm(nowMs: number): void {
    const first = this.#first();
    this.#rate.flow(first ? this.bytesPerMs * 1000 : 0, nowMs);
    const version = ++this.#version;
    if (!first) return;
    const left = Math.max(0, first.finish - this.#served);
    this.timeline.at(nowMs + (left * this.#transfers.length) / this.bytesPerMs, (at) => {
      if (version === this.#version) this.#complete(first, at);
    });
  }

  #complete(transfer: Transfer, nowMs: number): void {
    this.#progress(nowMs);
    this.#transfers.splice(this.#transfers.indexOf(transfer), 1);
    this.#arm(nowMs);
    transfer.done(nowMs);
  }
}
