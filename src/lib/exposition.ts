/**
 * Prometheus' text format (0.0.4), written from plain values. Not prom-client: its registry would hold a second copy of
 * every value, to be kept equal to the engine's state; here the state itself is written, when somebody asks.
 */
import type { HistogramData } from './bucket-histogram.js';
import { NumberPage } from './number-page.js';

/** As in a `TYPE` line. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Label names and values, in the order of writing. */
export type Labels = Readonly<Record<string, string | number>>;

/** Media type of what {@link Exposition} writes. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const escapeValue = (value: string): string =>
  /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** Labels as written between the braces. What is written often is better made once. */
export const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(String(value))}"`)
    .join(',');

/** Labels as data or already written. */
const written = (labels: Labels | string): string =>
  typeof labels === 'string' ? labels : labelText(labels);

/**
 * Collects families; each is begun once, and its samples follow it. One that is kept and begun again for the next scrape writes
 * little more than the numbers; see {@link NumberPage}.
 */
export class Exposition {
  readonly #page = new NumberPage();
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
    if (!this.#page.follows(type, name, help))
      this.#page.text(`# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`);
    return this;
  }

  /**
   * A sample of the family begun last.
   *
   * @param more - further labels as {@link labelText} writes them: many samples need no text of their own then
   */
  sample(labels: Labels | string, value: number, more = ''): this {
    const text = written(labels);
    if (!this.#page.follows('sample', text, more)) {
      const all = text === '' || more === '' ? text + more : `${text},${more}`;
      this.#page.text(all === '' ? `${this.#name} ` : `${this.#name}{${all}} `);
    }
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
    const known = page.follows('buckets', text, bounds);
    const before = known ? '' : `${this.#name}_bucket{${text === '' ? '' : `${text},`}le="`;
    const ends = endsOf(bounds);
    let cumulative = 0;
    let from = 0;
    for (let i = 0; i < bounds.length; i++) {
      const to = placeOf(histogram.bounds, bounds[i]!, from);
      for (; from <= to; from++) cumulative += histogram.counts[from]!;
      if (!known) page.text(before + ends[i]!);
      page.number(cumulative);
      page.text('\n');
    }
    for (; from < histogram.counts.length; from++) cumulative += histogram.counts[from]!;
    if (!known) page.text(before + ends[bounds.length]!);
    page.number(cumulative);
    this.#totals(text, known, histogram.sum, cumulative);
    return this;
  }

  /** What stands below the buckets. */
  #totals(labels: string, known: boolean, sum: number, count: number): void {
    const page = this.#page;
    const only = known || labels === '' ? '' : `{${labels}}`;
    if (!known) page.text(`\n${this.#name}_sum${only} `);
    page.number(sum);
    if (!known) page.text(`\n${this.#name}_count${only} `);
    page.number(count);
    page.text('\n');
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

/** Where a bound is, from a place on. @throws RangeError when it is not there */
function placeOf(bounds: readonly number[], bound: number, from: number): number {
  let at = from;
  while (bounds[at]! < bound) at++;
  if (bounds[at] !== bound) throw new RangeError(`no bound at ${bound}`);
  return at;
}

/** What follows `le="` in each bucket's line; made once for each list of bounds. */
const ENDS = new WeakMap<readonly number[], readonly string[]>();

function endsOf(bounds: readonly number[]): readonly string[] {
  let ends = ENDS.get(bounds);
  if (!ends) {
    ends = [...bounds.map((bound) => `${floatText(bound)}"} `), '+Inf"} '];
    ENDS.set(bounds, ends);
  }
  return ends;
}

/** A bound as the Python client writes it, `1.0` rather than `1`: dashboards select by this text. */
const floatText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));
