/**
 * A text of which, from one writing to the next, little but its numbers changes: it is kept, and the numbers are written over
 * the earlier ones. Nothing is put together anew, so that writing a quarter of a megabyte takes microseconds and leaves next
 * to nothing to collect.
 */

/** A page that became longer than this is not kept for the next time. */
const MOST_KEPT_BYTES = 2 ** 24;
const FIRST_BYTES = 4096;
const MAX_INT32 = 2 ** 31 - 1;

/** A number as Prometheus' text format has it. */
export const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';

/**
 * Written from top to bottom, as items of text and numbers. The writer names each item first; {@link follows} says whether
 * it is the one that stood here the last time. As long as all were, only numbers are taken; from the first other one on the
 * page is written anew. Between {@link begin} and {@link finish} an item's numbers must be as many as its names imply.
 */
export class NumberPage {
  /** What was written the last time; numbers of the same width are put in here. */
  #kept = Buffer.allocUnsafe(FIRST_BYTES);
  /** What is written now, once it differs from that in more than digits. */
  #now = Buffer.allocUnsafe(FIRST_BYTES);
  #nowLength = 0;
  /** So much of what is kept is in `#now`, or replaced there. */
  #taken = 0;

  /** Of each item: its names, and its distance from the last number above it. One distance more: that of the end. */
  readonly #kinds: string[] = [];
  readonly #names: string[] = [];
  readonly #shapes: unknown[] = [];
  readonly #gaps: number[] = [];
  /** Of each number: its value, and where its text ends and how wide it is. */
  readonly #values: number[] = [];
  readonly #ends: number[] = [];
  readonly #widths: number[] = [];

  #item = 0;
  #number = 0;
  #anew = true;
  #finished = true;

  /** Leaves what {@link finish} returned last to whoever has it: it is not written to again. */
  detach(): void {
    this.#kept = Buffer.from(this.#kept);
  }

  /** Begins at the top. */
  begin(): void {
    if (!this.#finished) this.#forget();
    this.#finished = false;
    this.#item = 0;
    this.#number = 0;
    this.#nowLength = 0;
    this.#taken = 0;
    this.#anew = false;
  }

  /**
   * Begins an item.
   *
   * @param kind - what it is
   * @param name - tells it from others of its kind at the same place
   * @param shape - the same, by identity
   * @returns whether it stood here the last time: its texts need not be made then
   */
  follows(kind: string, name: string, shape?: unknown): boolean {
    const item = this.#item++;
    if (!this.#anew) {
      if (
        item < this.#kinds.length &&
        this.#kinds[item] === kind &&
        this.#names[item] === name &&
        this.#shapes[item] === shape
      )
        return true;
      this.#cutAt(item);
    }
    this.#kinds.push(kind);
    this.#names.push(name);
    this.#shapes.push(shape);
    this.#gaps.push(this.#nowLength - (this.#ends.at(-1) ?? 0));
    return false;
  }

  /** A text that an item of these names always has. */
  text(text: string): void {
    if (!this.#anew) return;
    // No character needs more than three bytes in UTF-8.
    this.#reserve(text.length * 3);
    this.#nowLength += this.#now.write(text, this.#nowLength, 'utf8');
  }

  /** A number, as {@link numberText} has it. Short, so that the compiler puts it into loops: numbers need no memory then. */
  number(value: number): void {
    const at = this.#number++;
    if (this.#anew) this.#append(value);
    else if (this.#values[at] !== value) this.#change(at, value);
    else if (this.#nowLength !== this.#taken) this.#ends[at]! += this.#nowLength - this.#taken;
  }

  #append(value: number): void {
    const from = this.#nowLength;
    this.#write(numberText(value));
    this.#values.push(value);
    this.#ends.push(this.#nowLength);
    this.#widths.push(this.#nowLength - from);
  }

  #change(at: number, value: number): void {
    const end = this.#ends[at]!;
    this.#values[at] = value;
    if (!this.#rewrite(at, end, value)) this.#ends[at] = end + this.#nowLength - this.#taken;
  }

  /** @returns the page in UTF-8, as it is until {@link begin}: to be read or copied before that */
  finish(): Buffer {
    const length = this.#end();
    const page = this.#kept.subarray(0, length);
    this.#finished = true;
    if (length > MOST_KEPT_BYTES) this.#forget();
    return page;
  }

  /** Makes `#kept` the page of now. @returns its length */
  #end(): number {
    // Less than the last time, perhaps; otherwise up to the end.
    if (!this.#anew) {
      if (this.#nowLength === 0 && this.#item === this.#kinds.length) return this.#startOf(this.#item);
      this.#cutAt(this.#item);
    }
    this.#gaps.push(this.#nowLength - (this.#ends.at(-1) ?? 0));
    [this.#kept, this.#now] = [this.#now, this.#kept];
    return this.#nowLength;
  }

  /** Puts a number over the earlier one. @returns whether it has another width, so that it stands in `#now` */
  #rewrite(at: number, end: number, value: number): boolean {
    const width = this.#widths[at]!;
    if (digitsOf(value) === width) {
      writeDigits(this.#kept, end, width, value);
      return false;
    }
    const text = numberText(value);
    if (text.length === width) {
      this.#kept.write(text, end - width, 'latin1');
      return false;
    }
    this.#take(end - width);
    this.#write(text);
    this.#taken = end;
    this.#widths[at] = text.length;
    this.#ends[at] = this.#nowLength;
    return true;
  }

  /** Copies what is kept up to a place and not taken yet. */
  #take(to: number): void {
    this.#reserve(to - this.#taken);
    this.#kept.copy(this.#now, this.#nowLength, this.#taken, to);
    this.#nowLength += to - this.#taken;
    this.#taken = to;
  }

  #write(ascii: string): void {
    this.#reserve(ascii.length);
    this.#nowLength += this.#now.write(ascii, this.#nowLength, 'latin1');
  }

  /** Where an item begins in what is kept. All numbers above it have been written. */
  #startOf(item: number): number {
    const last = this.#number > 0 ? this.#ends[this.#number - 1]! - this.#nowLength + this.#taken : 0;
    return last + this.#gaps[item]!;
  }

  /** From an item on the page is another one. */
  #cutAt(item: number): void {
    if (item < this.#gaps.length) this.#take(this.#startOf(item));
    this.#kinds.length = item;
    this.#names.length = item;
    this.#shapes.length = item;
    this.#gaps.length = item;
    this.#values.length = this.#number;
    this.#ends.length = this.#number;
    this.#widths.length = this.#number;
    this.#anew = true;
  }

  #reserve(bytes: number): void {
    const needed = this.#nowLength + bytes;
    if (needed <= this.#now.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#now.length));
    this.#now.copy(larger, 0, 0, this.#nowLength);
    this.#now = larger;
  }

  /** The next page is written anew. */
  #forget(): void {
    this.#kept = Buffer.allocUnsafe(FIRST_BYTES);
    this.#now = Buffer.allocUnsafe(FIRST_BYTES);
    for (const list of [this.#kinds, this.#names, this.#shapes, this.#gaps]) list.length = 0;
    for (const list of [this.#values, this.#ends, this.#widths]) list.length = 0;
  }
}

/** Digits of a whole number from 0 to 2^31 − 1; 0 for any other. */
function digitsOf(value: number): number {
  if (!(value >= 0 && value <= MAX_INT32) || Math.trunc(value) !== value) return 0;
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}

/** Writes a whole number from 0 to 2^31 − 1, right-aligned before `end`. */
function writeDigits(bytes: Buffer, end: number, width: number, value: number): void {
  let rest = value | 0;
  for (let at = end - 1; at >= end - width; at--) {
    const tens = (rest / 10) | 0;
    bytes[at] = 48 + rest - tens * 10;
    rest = tens;
  }
}
