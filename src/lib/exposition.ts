/**
 * Prometheus' text format (0.0.4), written from plain values. Not prom-client: its registry would hold a second copy of
 * every value, to be kept equal to the engine's state; here the state itself is written, when somebody asks.
 */
import { BoundFamilies } from './bound-families.js';
import type { HistogramData } from './bucket-histogram.js';
import {
  escapeHelp,
  familyText,
  histogramTexts,
  type Labels,
  labelText,
  type MetricType,
  sampleText,
} from './exposition-text.js';
import { shownPlaces, writeHistogram } from './histogram-lines.js';
import { NumberPage } from './number-page.js';

export { type Labels, labelText, type MetricType };

/** Media type of what {@link Exposition} writes. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Labels as data or already written. */
const written = (labels: Labels | string): string =>
  typeof labels === 'string' ? labels : labelText(labels);

/**
 * Collects families; each is begun once, and its samples follow it. One that is kept and begun again for the next scrape writes
 * little more than the numbers; see {@link NumberPage}.
 */
export class Exposition {
  readonly #page = new NumberPage();
  /** By name; there are a few. */
  readonly #bound = new Map<string, BoundFamilies>();
  #name = '';

  constructor() {
    this.#page.begin();
  }

  /** Leaves what {@link finish} returned last as it is, whatever is written now: to be called before {@link begin}. */
  detach(): void {
    this.#page.detach();
  }

  /** Begins anew, from the top. */
  begin(): this {
    this.#page.begin();
    return this;
  }

  /** Begins a family. Counters get their `_total` from the caller, as their exporters differ in it. */
  family(name: string, type: MetricType, help: string): this {
    this.#name = name;
    if (!this.#page.follows(type, name, help)) this.#page.text(familyText(name, type, help));
    return this;
  }

  /**
   * A sample of the family begun last.
   *
   * @param more - further labels as {@link labelText} writes them: many samples need no text of their own then
   */
  sample(labels: Labels | string, value: number, more = ''): this {
    const text = written(labels);
    if (!this.#page.follows('sample', text, more)) this.#page.text(sampleText(this.#name, text, more));
    this.#page.number(value);
    this.#page.text('\n');
    return this;
  }

  /**
   * The buckets, sum and count of a histogram of the family begun last.
   *
   * @param bounds - some of the histogram's own, to show no others, which is exact
   * @throws RangeError for a bound that it does not have
   */
  histogram(labels: Labels | string, histogram: HistogramData, bounds = histogram.bounds): this {
    const page = this.#page;
    const text = written(labels);
    const places = shownPlaces(histogram.bounds, bounds);
    const texts = page.follows('buckets', text, bounds)
      ? undefined
      : histogramTexts(this.#name, text, bounds);
    writeHistogram(page, histogram, places, texts);
    return this;
  }

  /**
   * Families whose numbers come out of objects that stay from one page to the next. They are written anew when the objects are
   * others, and else their numbers are read again and nothing more is done.
   *
   * @param name - tells them from the others of the page
   * @param root - where all objects are found: the same root means the same objects
   * @param write - binds each number to its object
   */
  bound(name: string, root: object, write: (out: BoundFamilies) => void): this {
    const before = this.#bound.get(name);
    const kept = before?.root === root && before.holds() ? before : undefined;
    const families = kept ?? new BoundFamilies(this.#page, root);
    if (this.#page.follows('bound', name, families)) families.write();
    else {
      families.begin();
      write(families);
      this.#bound.set(name, families);
    }
    return this;
  }

  /** A line that parsers skip and people read. */
  comment(text: string): this {
    if (!this.#page.follows('comment', text)) this.#page.text(`# ${escapeHelp(text)}\n`);
    return this;
  }

  /** @returns all of it in UTF-8, as it is until {@link begin}, which comes next: to be read or copied before that */
  finish(): Buffer {
    return this.#page.finish();
  }
}

/** Lists of labels that are kept; more are forgotten together. */
const MOST_KEPT = 1000;

/** Labels of numbered things, made once for each: a scrape has thousands of samples, and most are of the same few things. */
export class KeptLabels {
  readonly #make: (name: string, index: number) => Labels;
  readonly #kept = new Map<string, string[]>();

  /** @param make - gives always the same for the same name and number */
  constructor(make: (name: string, index: number) => Labels) {
    this.#make = make;
  }

  /** As {@link labelText} writes them. */
  of(name: string, index = 0): string {
    let list = this.#kept.get(name);
    if (!list) {
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.set(name, (list = []));
    }
    return (list[index] ??= labelText(this.#make(name, index)));
  }
}

/** What is written into an exposition of its own. */
export function expositionText(write: (out: Exposition) => void): string {
  const out = new Exposition();
  write(out);
  return out.finish().toString('utf8');
}
