/**
 * Prometheus' text format (0.0.4), written from plain values. Not prom-client: its registry would hold a second copy of
 * every value, to be kept equal to the engine's state; here the state itself is written, when somebody asks.
 */
import type { HistogramData } from './bucket-histogram.js';

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

/** A number as the format has it. */
export const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';

/** Labels as data or already written. */
const written = (labels: Labels | string): string =>
  typeof labels === 'string' ? labels : labelText(labels);

/** Collects families; each is begun once, and its samples follow it. */
export class Exposition {
  #text = '';
  #name = '';

  /** Begins a family. Counters get their `_total` from the caller, as their exporters differ in it. */
  family(name: string, type: MetricType, help: string): this {
    this.#name = name;
    this.#text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    return this;
  }

  /** A sample of the family begun last. */
  sample(labels: Labels | string, value: number): this {
    const text = written(labels);
    this.#text += text === '' ? `${this.#name} ` : `${this.#name}{${text}} `;
    this.#text += `${numberText(value)}\n`;
    return this;
  }

  /** The buckets, sum and count of a histogram of the family begun last. */
  histogram(labels: Labels | string, { bounds, counts, sum }: HistogramData): this {
    const name = this.#name;
    const text = written(labels);
    const before = text === '' ? `${name}_bucket{le="` : `${name}_bucket{${text},le="`;
    const only = text === '' ? '' : `{${text}}`;
    const ends = endsOf(bounds);
    let cumulative = 0;
    let lines = '';
    for (let i = 0; i < ends.length; i++) {
      cumulative += counts[i]!;
      lines += before + ends[i]! + cumulative + '\n';
    }
    this.#text += `${lines}${name}_sum${only} ${numberText(sum)}\n${name}_count${only} ${cumulative}\n`;
    return this;
  }

  /** A line that parsers skip and people read. */
  comment(text: string): this {
    this.#text += `# ${escapeHelp(text)}\n`;
    return this;
  }

  toString(): string {
    return this.#text;
  }
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
