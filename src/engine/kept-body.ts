/** The bytes of a body that have to be kept until all of it has come. */
const EMPTY = Buffer.alloc(0);

/** Grows as it is filled, up to a limit. */
export class KeptBody {
  limit: number;
  length = 0;
  bytes: Buffer = EMPTY;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Keeps bytes.
   *
   * @returns false if there was no room for all of them; those that fit are kept
   */
  add(buffer: Buffer, start: number, end: number): boolean {
    const to = Math.min(end, start + this.limit - this.length);
    if (to <= start) return start === end;
    const length = this.length + to - start;
    if (this.bytes.length < length) {
      const grown = Buffer.allocUnsafe(this.length > 0 ? 2 * length : length);
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    buffer.copy(this.bytes, this.length, start, to);
    this.length = length;
    return to === end;
  }

  get text(): string {
    return this.bytes.toString('utf8', 0, this.length);
  }
}
