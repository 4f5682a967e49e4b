/** A run for GitHub Actions: the step summary as Markdown, and annotations for what went wrong. */
import { formatCount, formatFigure } from '../format.js';
import {
  descriptorOf,
  DISTRIBUTION_NAMES,
  METRICS,
  type DistributionName,
  type Statistic,
} from '../metrics.js';
import { describeLoad, describeWorkload } from '../plan-text.js';
import type { RunFile, SloResult } from '../run-file.js';

const MARKS = { valid: '✅', degraded: '⚠️', invalid: '❌' } as const;
const SHOWN: readonly Statistic[] = ['mean', 'p50', 'p90', 'p95', 'p99', 'max'];

/** The run as GitHub-flavoured Markdown. */
export function toGithubMarkdown(run: RunFile): string {
  const { plan, verdict } = run;
  const sections = [
    `## ${MARKS[verdict.state]} fakeai: ${verdict.state}`,
    [
      `**Model** ${cell(plan.model)}`,
      `**Load** ${cell(describeLoad(plan))}`,
      `**Workload** ${cell(describeWorkload(plan))}`,
    ].join('  \n'),
    verdict.reasons.map((reason) => `- ${cell(reason)}`).join('\n'),
    gatesTable(run.slo),
    pointsTable(run),
    requestsTable(run),
    latencyTable(run),
    errorsTable(run),
    definitions(run),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function gatesTable(slo: readonly SloResult[]): string {
  const rows = slo.map(({ expression, target, passed, value, unit }) => [
    passed ? '✅' : '❌',
    expression,
    target,
    measuredText(value, unit),
  ]);
  return markdownTable(['', 'Gate', 'Target', '>Measured'], rows);
}

/** The loads of a sweep or a search; the figures elsewhere are those of one of them. */
function pointsTable({ points = [] }: RunFile): string {
  const rows = points.flatMap(({ name, passed, targets }) =>
    targets.map((target) => [
      passed ? '✅' : '❌',
      name,
      target.name,
      ...POINT_RATES.map((rate) => formatFigure(target.rates[rate].value)),
      ...POINT_LATENCIES.map((metric) => formatFigure(target.metrics[metric]?.p95)),
    ]),
  );
  const heads = [
    ...POINT_RATES.map((rate) => `>${METRICS[rate].title}`),
    ...POINT_LATENCIES.map((metric) => `>${METRICS[metric].title} p95, ms`),
  ];
  return markdownTable(['', 'Load', 'Target', ...heads], rows);
}

const POINT_RATES = ['request_rate', 'output_token_rate', 'error_rate'] as const;
const POINT_LATENCIES = ['ttft', 'itl', 'e2e'] as const;

function requestsTable({ targets }: RunFile): string {
  const rows = targets.map(({ name, counters, rates }) => [
    name,
    formatCount(counters.completed),
    formatCount(counters.failed),
    formatCount(counters.incomplete),
    formatFigure(rates.request_rate.value),
    formatFigure(rates.input_token_rate.value),
    formatFigure(rates.output_token_rate.value),
  ]);
  const heads = ['Target', '>done', '>failed', '>unfinished', '>req/s', '>in tok/s', '>out tok/s'];
  return markdownTable(heads, rows);
}

/** The latencies that the report on a terminal shows as well. */
const shownLatencies = (targets: RunFile['targets']): DistributionName[] =>
  DISTRIBUTION_NAMES.filter(
    (name) =>
      METRICS[name].unit === 'ms' &&
      !descriptorOf(name).detail &&
      targets.some(({ metrics }) => metrics[name]),
  );

/** What the latencies are, folded away. */
function definitions({ targets }: RunFile): string {
  const list = shownLatencies(targets).map(
    (name) => `- **${METRICS[name].title}** ${cell(METRICS[name].definition)}`,
  );
  if (list.length === 0) return '';
  return `<details><summary>Definitions</summary>\n\n${list.join('\n')}\n\n</details>`;
}

function latencyTable({ targets }: RunFile): string {
  const several = targets.length > 1;
  const names = shownLatencies(targets);
  const rows = names.flatMap((name) =>
    targets.flatMap((target) => {
      const metric = target.metrics[name];
      if (!metric) return [];
      const label = several ? [METRICS[name].title, target.name] : [METRICS[name].title];
      return [[...label, ...SHOWN.map((statistic) => formatFigure(metric[statistic]))]];
    }),
  );
  return markdownTable(['Latency, ms', ...(several ? ['Target'] : []), ...SHOWN.map((s) => `>${s}`)], rows);
}

function errorsTable({ targets }: RunFile): string {
  const rows = targets.flatMap(({ name, errors }) =>
    errors.map(({ kind, count, example }) => [kind, name, formatCount(count), example]),
  );
  return markdownTable(['Error', 'Target', '>count', 'example'], rows);
}

/** A table, or nothing without rows; a head that starts with `>` aligns its column to the right. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = heads.map((head) => (head.startsWith('>') ? '--:' : '---'));
  return [
    line(heads.map((head) => head.replace(/^>/, ''))),
    line(rule),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n');
}

/** Text that stays within its cell and is read neither as HTML nor as Markdown. */
const cell = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- control codes are what is looked for
    .replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replaceAll(/[\\|`*_[\]]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');

const measuredText = (value: number | null, unit: string): string =>
  value === null ? 'absent or too few samples' : `${formatFigure(value)} ${unit}`;

/** Workflow commands, one per line, that mark missed gates and a verdict other than valid; empty when all is well. */
export function githubAnnotations(run: RunFile): string[] {
  const { state, reasons } = run.verdict;
  const verdict =
    state === 'valid'
      ? []
      : [
          annotation(
            state === 'invalid' ? 'error' : 'warning',
            `fakeai: the run is ${state}`,
            reasons.join('\n'),
          ),
        ];
  const gates = run.slo
    .filter(({ passed }) => !passed)
    .map(({ expression, target, value, unit }) =>
      annotation('error', 'fakeai: gate missed', `${expression} on ${target}: ${measuredText(value, unit)}`),
    );
  return [...verdict, ...gates];
}

/** Message and property escaping as the runner undoes it: %, line ends, and in properties also `:` and `,`. */
export function annotation(level: 'error' | 'warning', title: string, message: string): string {
  const data = (text: string): string =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = data(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${level} title=${property}::${data(message)}`;
}
