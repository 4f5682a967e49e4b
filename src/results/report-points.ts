/** The part of the report about several loads or fleets: those of a sweep, and those that a search tried. */
import { formatCount, formatFigure, truncate } from './format.js';
import { line, tableLines, wrapWords, type Cell, type Column, type Line } from './lines.js';
import { METRICS, type DistributionName, type Statistic } from './metrics.js';
import { number } from './report-tables.js';
import type { LoadPoint, RunFile } from './run-file.js';

type Search = NonNullable<RunFile['search']>;

/** Latencies of a point; those that no point has are left out, and so are the last ones where there is no room. */
const LATENCIES: readonly [DistributionName, Statistic, dispensable?: number][] = [
  ['ttft', 'p50', 2],
  ['ttft', 'p95'],
  ['itl', 'p50', 4],
  ['itl', 'p95', 3],
  ['e2e', 'p50', 5],
  ['e2e', 'p95'],
];

/** The loads that a sweep or a search measured, one row per load and target; nothing where there were none. */
export function pointLines({ points: measured = [], sweep, search }: RunFile, width: number): Line[] {
  if (measured.length === 0) return [];
  const points = search ? bySize(measured, search) : measured;
  const several = points[0]!.targets.length > 1;
  const targets = points.flatMap((point) => point.targets);
  const latencies = LATENCIES.filter(([metric]) => targets.some(({ metrics }) => metrics[metric]));
  const noted = points.some((point) => noteOf(point) !== '');
  const good = targets.some(({ rates }) => rates.goodput.value !== null);
  const columns: Column[] = [
    { head: sweep ? 'Sweep' : 'Loads', align: 'left' },
    ...(several ? [{ head: 'target', align: 'left' } as const] : []),
    number('req/s'),
    ...(good ? [number('good/s')] : []),
    ...latencies.map(([metric, statistic, dispensable]) =>
      number(`${METRICS[metric].title.replace('End to end', 'E2E')} ${statistic}`, dispensable),
    ),
    number('out tok/s', 1),
    number('error %'),
    ...(noted ? [{ head: '', align: 'left' } as const] : []),
  ];
  const rows = points.flatMap((point) =>
    point.targets.map((target): Cell[] => [
      { text: `${point.passed ? '✔' : '✘'} ${point.name}`, tone: point.passed ? 'good' : 'bad' },
      ...(several ? [{ text: truncate(target.name, 14) }] : []),
      { text: formatFigure(target.rates.request_rate.value) },
      ...(good ? [{ text: formatFigure(target.rates.goodput.value) }] : []),
      ...latencies.map(([metric, statistic]) => ({
        text: formatFigure(target.metrics[metric]?.[statistic]),
      })),
      { text: formatFigure(target.rates.output_token_rate.value) },
      {
        text: formatFigure(target.rates.error_rate.value),
        tone: target.counters.failed > 0 ? 'bad' : undefined,
      },
      ...(noted ? [{ text: noteOf(point), tone: 'dim' } as const] : []),
    ]),
  );
  return [...tableLines(columns, rows, width), ...shownNote(points, sweep !== undefined, width)];
}

const bySize = (points: readonly LoadPoint[], { points: tried }: Search): LoadPoint[] =>
  points
    .map((point, i) => ({ point, value: tried[i]?.value ?? 0 }))
    .toSorted((a, b) => a.value - b.value)
    .map(({ point }) => point);

function noteOf({ interrupted, stopped, verdict }: LoadPoint): string {
  if (interrupted) return 'interrupted';
  if (stopped) return 'stopped early';
  return verdict.state === 'valid' ? '' : verdict.state;
}

function shownNote(points: readonly LoadPoint[], sweep: boolean, width: number): Line[] {
  if (!sweep) return [];
  const best = points.findLast(({ passed }) => passed);
  const text = best
    ? `The figures above are those of ${best.name}, the last load that passed.`
    : 'No load passed; the figures above are those of the last one.';
  return wrapWords(text, width).map((part) => line(part, 'dim'));
}

const count = (value: number, one: string, many: string): string =>
  `${formatCount(value)} ${value === 1 ? one : many}`;

/** How the values of a subject are written, and what one of them is. */
const SUBJECTS: Record<Search['subject'], { write: (value: number) => string; what: string }> = {
  replicas: { write: (value) => count(value, 'replica', 'replicas'), what: 'fleet' },
  rate: {
    write: (value) => `${Number.isInteger(value) ? formatCount(value) : formatFigure(value)} req/s`,
    what: 'load',
  },
  concurrency: { write: (value) => `${formatCount(value)} in flight`, what: 'load' },
};

/** What a search tried, by size, and its answer; nothing where there was none. */
export function searchLines({ search, points }: RunFile, width: number): Line[] {
  if (!search) return [];
  const { write } = SUBJECTS[search.subject];
  const columns: Column[] = [
    { head: 'Search', align: 'left' },
    ...(search.points[0]?.values ?? []).map(({ expression, unit }) =>
      number(`${truncate(expression, 24)} (${unit})`),
    ),
    number('failed', 1),
  ];
  const rows = search.points
    .toSorted((a, b) => a.value - b.value)
    .map(({ value, passed, undecided, failed, values }): Cell[] => [
      undecided
        ? { text: `? ${write(value)}`, tone: 'dim' }
        : { text: `${passed ? '✔' : '✘'} ${write(value)}`, tone: passed ? 'good' : 'bad' },
      ...values.map((measured) => ({ text: formatFigure(measured.value) })),
      { text: formatCount(failed), tone: failed > 0 ? 'bad' : undefined },
    ]);
  const text = [answerText(search), limitedText(search, points ?? []), undecidedText(search)]
    .filter((part) => part !== '')
    .join(' ');
  return [...tableLines(columns, rows, width), ...wrapWords(text, width).map((part) => line(part, 'strong'))];
}

function answerText(search: Search): string {
  const { subject, answer, nextFailing, outOfReach } = search;
  const { write, what } = SUBJECTS[subject];
  if (outOfReach) return outOfReachText(search);
  if (answer === null)
    return `No ${what} that was tried meets all conditions; the figures above are those of the last one.`;
  const next = nextFailing === null || subject === 'replicas' ? '' : ` (${write(nextFailing)} does not pass)`;
  return `Answer: ${write(answer)}${next}; the figures above are those of this ${what}.`;
}

/** No fleet meets a condition. */
function outOfReachText({ outOfReach, points: tried }: Search): string {
  const { expression, value, reason } = outOfReach!;
  const unit = tried.at(-1)?.values.find((measured) => measured.expression === expression)?.unit ?? '';
  const figure = unit === '%' ? `${formatFigure(value)} %` : `${formatFigure(value)} ${unit}`.trim();
  return (
    `No number of replicas meets ${expression}: it stays at ${figure}, as ${reason}. ` +
    `The figures above are those of the ${tried.length === 1 ? 'only' : 'largest'} fleet that was tried.`
  );
}

function undecidedText({ subject, answer, points }: Search): string {
  if (!points.some(({ undecided }) => undecided)) return '';
  const more = subject === 'replicas' ? 'simulate more requests' : 'give each load a longer --duration';
  const hint = answer === null ? `: ${more}.` : '.';
  return `? had too few requests for the percentiles asked for${hint}`;
}

/** Where the next load failed because of the load generator, the answer says nothing about the endpoint's limit. */
function limitedText({ nextFailing, points: tried }: Search, points: readonly LoadPoint[]): string {
  const at = tried.findIndex(({ value }) => value === nextFailing);
  return points[at]?.verdict.state === 'invalid'
    ? 'The next one is invalid, so the endpoint may be able to do more than this load generator.'
    : '';
}
