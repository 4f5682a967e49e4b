/** A strict parser of Prometheus' text format: what a careless one would let through fails here. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  name: string;
  type: string;
  help: string;
  samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const SUFFIXES = ['_bucket', '_sum', '_count'];

/** Parses a text and checks it; throws an Error that says the line. */
export function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: Family | undefined;
  let help: { name: string; text: string } | undefined;
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is not ended');
  for (const [i, line] of text.split('\n').slice(0, -1).entries()) {
    const fail = (problem: string): never => {
      throw new Error(`line ${i + 1}: ${problem}: ${line}`);
    };
    if (line.startsWith('# HELP ')) {
      const [, name, words] = /^# HELP (\S+) (.*)$/.exec(line) ?? fail('malformed HELP');
      help = { name: name!, text: words! };
    } else if (line.startsWith('# TYPE ')) {
      const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? fail('malformed TYPE');
      if (!NAME.test(name!)) fail('bad name');
      if (!TYPES.has(type!)) fail('bad type');
      if (families.has(name!)) fail('a family twice');
      if (help?.name !== name) fail('TYPE without its HELP before it');
      current = { name: name!, type: type!, help: help!.text, samples: [] };
      families.set(name!, current);
    } else if (!line.startsWith('#')) {
      if (line.trim() === '') fail('an empty line');
      const sample = parseSample(line, fail);
      const owner = current && belongs(sample.name, current) ? current : fail('a sample outside its family');
      owner.samples.push(sample);
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

const belongs = (name: string, { name: family, type }: Family): boolean =>
  type === 'histogram' ? SUFFIXES.some((suffix) => name === family + suffix) : name === family;

function parseSample(line: string, fail: (problem: string) => never): Sample {
  const [, name, braces, value] = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail('malformed sample');
  if (!NAME.test(name!)) fail('bad name');
  return { name: name!, labels: parseLabels(braces ?? '', fail), value: parseValue(value!, fail) };
}

function parseLabels(text: string, fail: (problem: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [all, name, value] =
      /^([^=]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=.)|$)/.exec(rest) ?? fail('malformed labels');
    if (!LABEL.test(name!) || name!.startsWith('__')) fail(`bad label ${name}`);
    if (Object.hasOwn(labels, name!)) fail(`label ${name} twice`);
    labels[name!] = value!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    rest = rest.slice(all.length);
  }
  return labels;
}

function parseValue(text: string, fail: (problem: string) => never): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  if (text === 'NaN') return NaN;
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) fail('bad value');
  return Number(text);
}

const seriesOf = ({ name, labels }: Sample): string =>
  `${name}{${Object.keys(labels)
    .toSorted()
    .map((label) => `${label}=${JSON.stringify(labels[label])}`)
    .join(',')}}`;

function checkFamily(family: Family): void {
  const seen = new Set<string>();
  for (const sample of family.samples) {
    const series = seriesOf(sample);
    if (seen.has(series)) throw new Error(`twice: ${series}`);
    seen.add(series);
    if (family.type === 'counter' && !(sample.value >= 0)) throw new Error(`a negative counter: ${series}`);
  }
  if (family.type === 'histogram') checkHistogram(family);
}

function checkHistogram({ name, samples }: Family): void {
  const groups = new Map<string, { buckets: [number, number][]; sum?: number; count?: number }>();
  for (const { name: sampleName, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = seriesOf({ name, labels: others, value });
    const group = groups.get(key) ?? { buckets: [] };
    groups.set(key, group);
    if (sampleName.endsWith('_sum')) group.sum = value;
    else if (sampleName.endsWith('_count')) group.count = value;
    else if (le === undefined) throw new Error(`a bucket without le: ${key}`);
    else group.buckets.push([le === '+Inf' ? Infinity : Number(le), value]);
  }
  for (const [key, { buckets, sum, count }] of groups) {
    if (sum === undefined || count === undefined) throw new Error(`no sum or count: ${key}`);
    let before: [number, number] = [-Infinity, 0];
    for (const [le, value] of buckets) {
      if (!(le > before[0])) throw new Error(`bounds do not rise: ${key} at ${le}`);
      if (value < before[1]) throw new Error(`buckets are not cumulative: ${key} at ${le}`);
      before = [le, value];
    }
    if (before[0] !== Infinity) throw new Error(`no +Inf bucket: ${key}`);
    if (before[1] !== count) throw new Error(`the last bucket is not the count: ${key}`);
  }
}

/** The value of the one sample with these labels (others are ignored); throws unless there is exactly one. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number {
  const family = [...families.values()].find((candidate) => belongs(name, candidate));
  const found = (family?.samples ?? []).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  if (found.length !== 1) throw new Error(`${found.length} samples of ${name} ${JSON.stringify(labels)}`);
  return found[0]!.value;
}

/** Sum over all samples of a name with these labels. */
export function sumOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number {
  const family = [...families.values()].find((candidate) => belongs(name, candidate));
  return (family?.samples ?? [])
    .filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    .reduce((total, { value }) => total + value, 0);
}
