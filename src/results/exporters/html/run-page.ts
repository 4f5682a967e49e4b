/** The HTML report of a run. */
import { ABSENT, formatCount, formatFigure } from '../../format.js';
import { DISTRIBUTION_NAMES, METRICS, STATISTICS, type DistributionName } from '../../metrics.js';
import { describeLoad, describeWorkload } from '../../plan-text.js';
import { FLOOR_NOTE, floorRows } from '../../client-floor-lines.js';
import { decodeHistograms } from '../../read-run-file.js';
import type { RunFile } from '../../run-file.js';
import { summarizeMetrics } from '../../server-metrics-lines.js';
import { describeFleet } from '../../virtual-fleet.js';
import { escapeMarkup } from '../markup.js';
import { histogramCharts, percentileCharts } from './distribution-charts.js';
import { loadsSection } from './loads.js';
import { htmlFields, htmlPage, htmlSection, htmlTable, PageCharts } from './page.js';
import { serverMetricCharts, timeCharts } from './time-charts.js';

/** What is drawn, in this order; metrics without values are left out. */
export const CURVES: readonly DistributionName[] = ['ttft', 'itl', 'tpot', 'e2e', 'response_time'];
export const HISTOGRAMS: readonly DistributionName[] = ['ttft', 'itl', 'e2e'];

/** The whole page. */
export function toHtml(run: RunFile): string {
  const title = `${run.tool.name} · ${run.plan.model} · ${run.startedAt.slice(0, 10)}`;
  const charts = new PageCharts();
  const subjects = run.targets.map(({ name, histograms }, color) => ({
    name,
    color,
    distributions: decodeHistograms(histograms),
  }));
  const overTime = run.targets.flatMap(({ name, timeSeries }, color) =>
    timeSeries ? [{ name, color, timeSeries }] : [],
  );
  const sections = [
    header(run),
    verdict(run),
    gates(run),
    loadsSection(run, charts),
    requests(run),
    latencies(run),
    htmlSection('Percentile curves', charts.group(percentileCharts(CURVES, subjects))),
    htmlSection('Over time', charts.group(timeCharts(overTime, run.plan.warmupMs))),
    htmlSection('Histograms', charts.group(histogramCharts(HISTOGRAMS, subjects))),
    comparison(run),
    ...serverPages(run, charts),
    clientFloor(run),
    errors(run),
    threads(run),
    definitions(run),
    plan(run),
  ];
  return htmlPage(title, sections, charts);
}

function header({ tool, startedAt, plan: planned, targets }: RunFile): string {
  const when = `${startedAt.slice(0, 19).replace('T', ' ')} UTC`;
  const fields: [string, string][] = [
    ['Model', planned.model],
    ...(planned.virtual
      ? [['Fleet', describeFleet(planned.virtual)] as [string, string]]
      : targets.map(({ name, url }, i): [string, string] => [i === 0 ? 'Target' : '', `${name} · ${url}`])),
    ['Load', describeLoad(planned)],
    ['Workload', describeWorkload(planned)],
  ];
  return `<h1>${escapeMarkup(`${tool.name} ${tool.version}`)}</h1><div class="dim">${when}</div>${htmlFields(fields)}`;
}

const TONES = { valid: 'good', degraded: 'warn', invalid: 'bad' } as const;

function verdict({ verdict: { state, reasons } }: RunFile): string {
  const meaning = state === 'invalid' ? ': do not use these figures' : '';
  const list = reasons.map((reason) => `<li>${escapeMarkup(reason)}</li>`).join('');
  return `<div class="verdict ${TONES[state]}"><strong>${state}${meaning}</strong>${list && `<ul>${list}</ul>`}</div>`;
}

function gates({ slo }: RunFile): string {
  const rows = slo.map(({ expression, target, passed, value, unit }) => [
    { html: `<span class="${passed ? 'good' : 'bad'}">${passed ? '✔ passed' : '✘ missed'}</span>` },
    expression,
    target,
    value === null ? 'absent or too few samples' : `${formatFigure(value)} ${unit}`,
  ]);
  return htmlSection('Gates', htmlTable(['', 'gate', 'target', 'measured'], rows, 3));
}

function requests({ targets }: RunFile): string {
  const rows = targets.map(({ name, counters, rates, measuredMs }) => [
    name,
    ...[counters.completed, counters.failed, counters.incomplete].map(formatCount),
    ...[rates.error_rate, rates.request_rate, rates.input_token_rate, rates.output_token_rate].map(
      ({ value }) => formatFigure(value),
    ),
    formatFigure(measuredMs / 1000),
  ]);
  const heads = [
    'target',
    'done',
    'failed',
    'unfinished',
    'error %',
    'req/s',
    'in tok/s',
    'out tok/s',
    'seconds',
  ];
  return htmlSection('Requests', htmlTable(heads, rows));
}

function latencies({ targets }: RunFile): string {
  const rows = DISTRIBUTION_NAMES.flatMap((name) =>
    targets.flatMap((target) => {
      const metric = target.metrics[name];
      if (!metric) return [];
      const figures = STATISTICS.map((statistic) => formatFigure(metric[statistic]));
      return [[METRICS[name].title, target.name, metric.unit, formatCount(metric.count), ...figures]];
    }),
  );
  const heads = ['metric', 'target', 'unit', 'count', ...STATISTICS.map((s) => (s === 'p999' ? 'p99.9' : s))];
  const note = `<p class="dim">${ABSENT} stands for too few samples.</p>`;
  return htmlSection('Distributions', htmlTable(heads, rows, 3) + note);
}

/** Charts and figures of each page of server metrics. */
function serverPages({ serverMetrics = [], plan: planned }: RunFile, charts: PageCharts): string[] {
  return serverMetrics.map((page) => {
    const rows = summarizeMetrics(page, planned.warmupMs).map(({ label, min, mean, max, last }) => [
      label,
      ...[min, mean, max, last].map(formatFigure),
    ]);
    const read = `${formatCount(page.readings)} readings${page.failures > 0 ? `, ${formatCount(page.failures)} failed: ${page.lastFailure}` : ''}`;
    return htmlSection(
      `Server metrics of ${page.url}`,
      `<p class="dim">${escapeMarkup(read)}</p>` +
        charts.group(serverMetricCharts(page, planned.warmupMs)) +
        `<details><summary>All figures of the measured time</summary>${htmlTable(['metric', 'min', 'mean', 'max', 'last'], rows)}</details>`,
    );
  });
}

const COMPARED = ['p50', 'p95', 'p99'] as const;

/** Every target beside the first one, where there are several. */
function comparison({ targets }: RunFile): string {
  const [base, ...others] = targets;
  if (!base || others.length === 0) return '';
  const rows = DISTRIBUTION_NAMES.filter((name) => METRICS[name].unit === 'ms').flatMap((name) =>
    others.map((other) => [
      METRICS[name].title,
      other.name,
      ...COMPARED.map((statistic) =>
        change(base.metrics[name]?.[statistic], other.metrics[name]?.[statistic]),
      ),
    ]),
  );
  return htmlSection(`Compared with ${base.name}`, htmlTable(['metric', 'target', ...COMPARED], rows, 2));
}

function change(base: number | null | undefined, value: number | null | undefined): string {
  if (base == null || value == null || base === 0) return ABSENT;
  const percent = (value / base - 1) * 100;
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

function errors({ targets }: RunFile): string {
  const rows = targets.flatMap(({ name, errors: found }) =>
    found.map(({ kind, count, example }) => [
      kind,
      name,
      { html: `<span class="wide">${escapeMarkup(example)}</span>` },
      formatCount(count),
    ]),
  );
  return htmlSection('Errors', htmlTable(['error', 'target', 'example', 'count'], rows, 3));
}

function definitions({ targets }: RunFile): string {
  const shown = DISTRIBUTION_NAMES.filter((name) => targets.some(({ metrics }) => metrics[name]));
  const fields = shown.map((name): [string, string] => [METRICS[name].title, METRICS[name].definition]);
  return htmlSection('Definitions', htmlFields(fields));
}

/** How much of the figures is the client itself. */
function clientFloor(run: RunFile): string {
  const rows = floorRows(run).map(({ title, target, figures }) => [
    title,
    target,
    ...figures.flatMap(({ floorMs, share }) => [
      formatFigure(floorMs),
      share === null ? ABSENT : `${formatFigure(share * 100)} %`,
    ]),
  ]);
  const heads = [
    'metric',
    'target',
    'p50, ms',
    'of the run',
    'p95, ms',
    'of the run',
    'p99, ms',
    'of the run',
  ];
  const content = htmlTable(heads, rows, 2);
  return htmlSection('Client alone', content && `<p class="dim">${escapeMarkup(FLOOR_NOTE)}</p>${content}`);
}

function threads({ threads: list }: RunFile): string {
  const rows = list.map(({ eventLoopDelayP99Ms, cpuShare }, i) => [
    String(i + 1),
    formatFigure(eventLoopDelayP99Ms),
    cpuShare === undefined ? ABSENT : formatFigure(cpuShare * 100),
  ]);
  return htmlSection(
    'Load threads',
    htmlTable(['thread', 'event loop delay p99, ms', 'CPU, % of a core'], rows),
  );
}

/** Everything that was asked for, as the run file has it. */
const plan = ({ plan: planned }: RunFile): string =>
  htmlSection(
    'Plan',
    `<details><summary>As JSON</summary><pre>${escapeMarkup(JSON.stringify(planned, null, 2))}</pre></details>`,
  );
