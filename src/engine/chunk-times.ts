/** When the chunks of one answer came. */
import { EVENT } from './dialects/event-scan.js';

/** Most gaps that are kept of one answer (2 MiB); chunks after them are counted, and have no gap in the results. */
export const MAX_GAPS = 256 * 1024;

/** Instants are of the machine's monotonic clock, NaN while there is none. */
export class ChunkTimes {
  firstMs = Number.NaN;
  secondMs = Number.NaN;
  lastMs = Number.NaN;
  firstReasoningMs = Number.NaN;
  firstAnswerMs = Number.NaN;
  longestGapMs = Number.NaN;
  count = 0;
  /** Between consecutive chunks, in order; undefined without any. */
  gapsMs: number[] | undefined;

  /**
   * A chunk came.
   *
   * @param flags - what the scan of its event found
   * @returns the gap to the one before, NaN for the first
   */
  add(atMs: number, flags: number): number {
    const gapMs = atMs - this.lastMs;
    this.lastMs = atMs;
    if (flags & EVENT.answer) {
      if (Number.isNaN(this.firstAnswerMs)) this.firstAnswerMs = atMs;
    } else if (Number.isNaN(this.firstReasoningMs)) this.firstReasoningMs = atMs;
    if (this.count++ === 0) {
      this.firstMs = atMs;
      return gapMs;
    }
    if (this.count === 2) {
      this.secondMs = atMs;
      this.longestGapMs = gapMs;
      this.gapsMs = [gapMs];
      return gapMs;
    }
    if (gapMs > this.longestGapMs) this.longestGapMs = gapMs;
    if (this.gapsMs!.length < MAX_GAPS) this.gapsMs!.push(gapMs);
    return gapMs;
  }
}

/** Of answers that are not streams: nothing is ever added to it. */
export const NO_CHUNKS = new ChunkTimes();
