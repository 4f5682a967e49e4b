/**
 * Reads the text formats of Prometheus and OpenMetrics, as far as a client needs them: names, labels, values, types.
 * https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
 *
 * What cannot be understood is left out and counted, never an error: a page of metrics comes from somebody else's server.
 */

export const METRIC_TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

/** One line of a page. */
export interface MetricSample {
  /** As written, with `_bucket`, `_sum`, `_count` or `_total`. */
  name: string;
  labels: Record<string, string>;
  /** May be NaN or infinite. */
  value: number;
}

export interface MetricsPage {
  samples: MetricSample[];
  /** By the name of the family, as `# TYPE` gives it. */
  types: Map<string, MetricType>;
  /** Lines that could not be read. */
  unreadable: number;
}

const NAME = /[a-zA-Z_:][\w:]*/y;
const LABEL = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y;
const VALUE = /^\s*([^\s#]+)/;
const TYPE = /^#\s*TYPE\s+([a-zA-Z_:][\w:]*)\s+(\w+)/;

/**
 * Reads a page.
 *
 * @param wanted - which samples to keep, by name; all by default
 */
export function parsePrometheusText(
  text: string,
  wanted: (name: string) => boolean = () => true,
): MetricsPage {
  const page: MetricsPage = { samples: [], types: new Map(), unreadable: 0 };
  for (const raw of text.split('\n')) {
    const row = raw.trim();
    if (row === '') continue;
    if (row.startsWith('#')) {
      const [, family, type] = TYPE.exec(row) ?? [];
      if (family !== undefined) page.types.set(family, typeOf(type!));
      continue;
    }
    const name = matchAt(NAME, row, 0)?.[0];
    if (name === undefined) page.unreadable++;
    else if (wanted(name)) {
      const sample = parseSample(row, name);
      if (sample) page.samples.push(sample);
      else page.unreadable++;
    }
  }
  return page;
}

function parseSample(row: string, name: string): MetricSample | undefined {
  let at = name.length;
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  while (row[at] === ' ' || row[at] === '\t') at++;
  if (row[at] === '{') {
    at++;
    for (let match = matchAt(LABEL, row, at); match; match = matchAt(LABEL, row, at)) {
      labels[match[1]!] = unescaped(match[2]!);
      at += match[0].length;
    }
    while (row[at] === ' ') at++;
    if (row[at] !== '}') return undefined;
    at++;
  }
  const written = VALUE.exec(row.slice(at))?.[1];
  const value = written === undefined ? undefined : parseValue(written);
  return value === undefined ? undefined : { name, labels, value };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Other escapes than these three stay as they are, as Prometheus reads them. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([\\n"])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));

const INFINITE: Readonly<Record<string, number>> = { '+inf': Infinity, inf: Infinity, '-inf': -Infinity };

function parseValue(written: string): number | undefined {
  const lower = written.toLowerCase();
  if (lower === 'nan') return Number.NaN;
  if (Object.hasOwn(INFINITE, lower)) return INFINITE[lower];
  const value = Number(written);
  return Number.isNaN(value) ? undefined : value;
}

const typeOf = (written: string): MetricType =>
  METRIC_TYPES.find((type) => type === written.toLowerCase()) ?? 'untyped';

/** The type of a sample: of its family, which for parts of histograms and summaries has a shorter name. */
export function sampleType({ types }: MetricsPage, name: string): MetricType {
  const own = types.get(name);
  if (own) return own;
  const family = name.replace(/_(?:bucket|sum|count|total)$/, '');
  const type = types.get(family);
  // What histograms and summaries count only ever grows.
  if (type === 'histogram' || type === 'summary' || name.endsWith('_total')) return 'counter';
  return type ?? 'untyped';
}
