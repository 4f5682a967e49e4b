/** The pieces of which Prometheus' text format (0.0.4) is put together. */

/** As in a `TYPE` line. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Label names and values, in the order of writing. */
export type Labels = Readonly<Record<string, string | number>>;

const escapeValue = (value: string): string =>
  /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;

/** A text of a line of its own. */
export const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** Labels as written between the braces. What is written often is better made once. */
export const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(String(value))}"`)
    .join(',');

/** The lines above the samples of a family. */
export const familyText = (name: string, type: MetricType, help: string): string =>
  `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;

/** What stands before the number of a sample; labels as {@link labelText} writes them, in two parts. */
export function sampleText(name: string, labels: string, more: string): string {
  const all = labels === '' || more === '' ? labels + more : `${labels},${more}`;
  return all === '' ? `${name} ` : `${name}{${all}} `;
}

/** What stands between the numbers of a histogram's lines, from before the first one on: buckets up to +Inf, sum and count. */
export function histogramTexts(name: string, labels: string, bounds: readonly number[]): string[] {
  const before = `${name}_bucket{${labels === '' ? '' : `${labels},`}le="`;
  const only = labels === '' ? '' : `{${labels}}`;
  const buckets = endsOf(bounds).map((end, i) => (i === 0 ? '' : '\n') + before + end);
  return [...buckets, `\n${name}_sum${only} `, `\n${name}_count${only} `];
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
