/** Programs of a simulated code interpreter that leave a file: a chart, or a table. */
import type { Random } from '../../lib/random.js';
import type { Chart } from '../pictures/chart.js';
import type { Program } from './program.js';

/** A program, and the file that it leaves. */
export interface FileProgram extends Program {
  filename: string;
  /** What is in it: a chart to draw, or a text. */
  content: Chart | string;
}

const CHART = /\b(?:chart|plot|graph|histogram|diagram|visuali[sz]e|heatmap)\b/i;
const WRITE = /\b(?:create|write|save|export|make|generate|produce|store)\b/i;
const TABLE = /\b(?:csv|spreadsheet|table)\b/i;
const FILENAME = /(?:^|[\s"'`/(])([\w-]{1,64}\.(?:csv|txt|md|json|py|html))(?=$|[\s"'`),.:;?!])/i;

/** `Oslo: 3` or `Q1 = 4.5`. */
const PAIRS = /([A-Z][\w-]{0,30}(?: [A-Z][\w-]{0,30})?|[a-z][\w-]{0,30})\s*[:=]\s*(-?\d+(?:\.\d+)?)/g;
const NUMBERS = /-?\d+(?:\.\d+)?/g;
const MAX_VALUES = 50;
/** Values of a chart about which nothing is said. */
const MADE_UP = 12;

/** The program for what somebody says; undefined when that needs no file. */
export function fileProgramFor(words: string, random: Random): FileProgram | undefined {
  if (CHART.test(words)) return chartProgram(words, random);
  const filename = FILENAME.exec(words)?.[1] ?? (TABLE.test(words) ? 'table.csv' : undefined);
  return filename !== undefined && WRITE.test(words) ? textProgram(words, filename, random) : undefined;
}

interface Series {
  labels: readonly string[];
  values: readonly number[];
}

/** What the words say; made up where they say less than two values. */
function seriesOf(words: string, random: Random): Series {
  const pairs = [...words.matchAll(PAIRS)].slice(0, MAX_VALUES);
  if (pairs.length > 1)
    return {
      labels: pairs.map(([, label]) => label!.trim()),
      values: pairs.map(([, , value]) => Number(value)),
    };
  const found = (words.match(NUMBERS) ?? []).slice(0, MAX_VALUES).map(Number);
  const values = found.length > 1 ? found : madeUp(random);
  return { labels: values.map((_, i) => String(i + 1)), values };
}

function madeUp(random: Random): number[] {
  let value = 20 + random.int(60);
  return Array.from({ length: MADE_UP }, () => (value = Math.max(1, value + random.int(21) - 9)));
}

const kindOf = (words: string): Chart['kind'] => {
  if (/\bpie\b/i.test(words)) return 'pie';
  if (/\bbars?\b/i.test(words)) return 'bar';
  return /\b(?:line|plot|trend|over time|curve|graph)\b/i.test(words) ? 'line' : 'bar';
};

const CALLS: Readonly<Record<Chart['kind'], string>> = {
  bar: 'plt.bar(labels, values)',
  line: 'plt.plot(labels, values, marker="o")',
  pie: 'plt.pie(values, labels=labels)',
};

function chartProgram(words: string, random: Random): FileProgram {
  const { labels, values } = seriesOf(words, random);
  const kind = kindOf(words);
  const filename = 'chart.png';
  const code = [
    'import matplotlib.pyplot as plt',
    '',
    `labels = ${JSON.stringify(labels)}`,
    `values = ${JSON.stringify(values)}`,
    'plt.figure(figsize=(8, 5))',
    CALLS[kind],
    `plt.savefig("/mnt/data/${filename}")`,
    'plt.show()',
  ].join('\n');
  return { code, logs: '', filename, content: { kind, values } };
}

function textProgram(words: string, filename: string, random: Random): FileProgram {
  const { labels, values } = seriesOf(words.replace(FILENAME, ' '), random);
  const rows = filename.endsWith('.csv')
    ? ['label,value', ...labels.map((label, i) => `${label},${values[i]}`)]
    : [words.replaceAll(/\s+/g, ' ').trim().slice(0, 500)];
  const content = `${rows.join('\n')}\n`;
  const code = [
    `text = ${JSON.stringify(content)}`,
    `with open("/mnt/data/${filename}", "w") as file:`,
    '    file.write(text)',
    `print(len(text))`,
  ].join('\n');
  return { code, logs: `${content.length}\n`, filename, content };
}
