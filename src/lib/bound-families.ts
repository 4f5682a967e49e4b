/**
 * Families of a page whose numbers come out of objects that stay from one page to the next. What writes them runs once and binds
 * each number to the object that has it; later pages read these numbers and do nothing else. A scrape comes when all of its code and data have
 * been pushed out of the processor's caches: the less there is of both, the less it costs.
 */
import type { HistogramData } from './bucket-histogram.js';
import { familyText, histogramTexts, type MetricType, sampleText } from './exposition-text.js';
import { shownPlaces, writeHistogram } from './histogram-lines.js';
import type { NumberPage } from './number-page.js';

type Value = (of: unknown) => number;

const itself = (value: number): number => value;

/** What the texts of a page depend on beside its numbers. */
interface Condition {
  readonly value: Value;
  readonly of: unknown;
  readonly was: number;
}

/** What stands in the place of an object where the sample is a histogram. */
class Shown {
  constructor(
    readonly histogram: HistogramData,
    readonly places: Int32Array,
  ) {}
}

/** See the file's head. Labels are as `labelText` writes them. */
export class BoundFamilies {
  readonly #page: NumberPage;
  #name = '';
  /** Of the sample begun last that has one of its own. */
  #latest = 0;
  /** Of each sample; nothing where it repeats the number before it, or is a histogram. */
  readonly #values: (Value | undefined)[] = [];
  readonly #of: unknown[] = [];
  readonly #conditions: Condition[] = [];

  /**
   * @param page - where the families stand
   * @param root - what all objects are found in
   */
  constructor(
    page: NumberPage,
    readonly root: object,
  ) {
    this.#page = page;
  }

  /** Forgets what was bound: it is to be bound and written anew. */
  begin(): void {
    this.#values.length = 0;
    this.#of.length = 0;
    this.#conditions.length = 0;
  }

  /** Begins a family. */
  family(name: string, type: MetricType, help: string): this {
    this.#name = name;
    this.#page.text(familyText(name, type, help));
    return this;
  }

  /**
   * A sample of the family begun last.
   *
   * @param value - reads the number; nothing of it may come from elsewhere
   * @param of - what it is read from
   * @param more - further labels
   */
  sample<T>(labels: string, value: (of: T) => number, of: T, more = ''): this {
    this.#values.push(value as Value);
    this.#of.push(of);
    this.#latest = value(of);
    return this.#line(sampleText(this.#name, labels, more), this.#latest);
  }

  /** A sample that is the same for as long as the families are not written anew. */
  constant(labels: string, value: number, more = ''): this {
    return this.sample(labels, itself, value, more);
  }

  /** A sample of the same number as the one before it. */
  again(labels: string): this {
    this.#values.push(undefined);
    this.#of.push(undefined);
    return this.#line(sampleText(this.#name, labels, ''), this.#latest);
  }

  /**
   * A histogram of the family begun last.
   *
   * @param bounds - some of its own, to show no others
   * @throws RangeError for a bound that it does not have
   */
  histogram(labels: string, histogram: HistogramData, bounds = histogram.bounds): this {
    const places = shownPlaces(histogram.bounds, bounds);
    writeHistogram(this.#page, histogram, places, histogramTexts(this.#name, labels, bounds));
    this.#values.push(undefined);
    this.#of.push(new Shown(histogram, places));
    return this;
  }

  /**
   * Has the families written anew when a number is another one: for what decides about labels, or which samples there are.
   *
   * @returns the number
   */
  depends<T>(value: (of: T) => number, of: T): number {
    const was = value(of);
    this.#conditions.push({ value: value as Value, of, was });
    return was;
  }

  /** Whether nothing but numbers has changed. */
  holds(): boolean {
    for (const { value, of, was } of this.#conditions) if (!Object.is(value(of), was)) return false;
    return true;
  }

  /** Hands all numbers over, in their order. */
  write(): void {
    const page = this.#page;
    const values = this.#values;
    const of = this.#of;
    let number = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value !== undefined) page.number((number = value(of[i])));
      else if (of[i] === undefined) page.number(number);
      else {
        const { histogram, places } = of[i] as Shown;
        writeHistogram(page, histogram, places);
      }
    }
  }

  #line(before: string, value: number): this {
    this.#page.text(before);
    this.#page.number(value);
    this.#page.text('\n');
    return this;
  }
}
