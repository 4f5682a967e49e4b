/**
 * Requests written down while a run goes on, one line each. Every load thread appends whole lines to the same file, in
 * large writes that it does not wait for; only when the disk falls far behind does it wait, which shows as lateness.
 */
import { closeSync, openSync, write, writeSync } from 'node:fs';
import { messageOf } from '../lib/errors.js';

/** Lines go together until there is so much of them, */
const BATCH_BYTES = 256 * 1024;
/** or until the first of them is so old. */
const LONGEST_WAIT_MS = 1000;
/** With so much behind a write that is still going on, the thread writes itself. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

/** The part of one thread. */
export class RequestLog {
  readonly #file: number;
  #lines: string[] = [];
  #characters = 0;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Why nothing more is written: the disk is full, say. */
  problem: string | undefined;

  /** @param path - an existing file, to be appended to */
  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** @param line - without its end */
  add(line: string): void {
    if (this.problem !== undefined) return;
    this.#lines.push(line);
    this.#characters += line.length + 1;
    if (this.#characters >= MOST_WAITING_BYTES && this.#writing) this.#writeNow(this.#take(), 0);
    else if (this.#characters >= BATCH_BYTES) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), LONGEST_WAIT_MS);
  }

  /** Writes what is left and closes the file. */
  async close(): Promise<void> {
    // The end of a write may begin another one.
    while (this.#writing) await this.#writing;
    clearTimeout(this.#timer);
    if (this.#lines.length > 0) this.#writeNow(this.#take(), 0);
    closeSync(this.#file);
  }

  #take(): Buffer {
    const batch = Buffer.from(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#characters = 0;
    return batch;
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing || this.#lines.length === 0) return;
    const batch = this.#take();
    this.#writing = new Promise((resolve) => {
      write(this.#file, batch, (error, written) => {
        this.#writing = undefined;
        if (error) this.problem = messageOf(error);
        // A line must not be cut by those of another thread: the rest follows at once.
        else if (written < batch.length) this.#writeNow(batch, written);
        resolve();
        if (this.#characters >= BATCH_BYTES) this.#begin();
        else if (this.#lines.length > 0) this.#timer ??= setTimeout(() => this.#begin(), LONGEST_WAIT_MS);
      });
    });
  }

  #writeNow(batch: Buffer, from: number): void {
    try {
      for (let at = from; at < batch.length;) at += writeSync(this.#file, batch, at);
    } catch (error) {
      this.problem = messageOf(error);
    }
  }
}
