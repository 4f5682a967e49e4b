/** The HTML report: one file without scripts and without anything to load, so that it opens anywhere and forever. */
import type { Distribution } from '../distribution.js';
import { ABSENT, formatCount, formatFigure } from '../format.js';
import { DISTRIBUTION_NAMES, METRICS, STATISTICS, type DistributionName } from '../metrics.js';
import { describeLoad, describeWorkload } from '../plan-text.js';
import { decodeHistograms } from '../read-run-file.js';
import type { RunFile } from '../run-file.js';
import { HTML_STYLE } from './html-style.js';
import { escapeMarkup } from './markup.js';
import { histogramChart, percentileChart, seriesClass } from './svg.js';

/** What is drawn, in this order; metrics without values are left out. */
const DRAWN: readonly DistributionName[] = ['ttft', 'itl', 'tpot', 'e2e', 'response_time'];
const HISTOGRAMS: readonly DistributionName[] = ['ttft', 'itl', 'e2e'];

/** The whole page. */
export function toHtml(run: RunFile): string {
  const title = `${run.tool.name} · ${run.plan.model} · ${run.startedAt.slice(0, 10)}`;
  const decoded = run.targets.map(({ name, histograms }) => ({
    name,
    distributions: decodeHistograms(histograms),
  }));
  const sections = [
    header(run),
    verdict(run),
    gates(run),
    requests(run),
    latencies(run),
    charts(decoded),
    comparison(run),
    errors(run),
    definitions(run),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeMarkup(title)}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
${sections.filter((section) => section !== '').join('\n')}
</body>
</html>
`;
}

function header({ tool, startedAt, plan, targets }: RunFile): string {
  const fields = [
    ['Model', plan.model],
    ...targets.map(({ name, url }, i) => [i === 0 ? 'Target' : '', `${name} · ${url}`]),
    ['Load', describeLoad(plan)],
    ['Workload', describeWorkload(plan)],
  ] as const;
  const when = `${startedAt.slice(0, 19).replace('T', ' ')} UTC`;
  const list = fields.map(([name, text]) => `<dt>${name}</dt><dd>${escapeMarkup(text)}</dd>`);
  return `<h1>${escapeMarkup(`${tool.name} ${tool.version}`)}</h1><div class="dim">${when}</div><dl>${list.join('')}</dl>`;
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
  return section('Gates', table(['', 'gate', 'target', 'measured'], rows, 3));
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
  return section('Requests', table(heads, rows));
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
  return section('Distributions', table(heads, rows, 3) + note);
}

interface Decoded {
  name: string;
  distributions: Partial<Record<DistributionName, Distribution>>;
}

function charts(targets: readonly Decoded[]): string {
  const of = (metric: DistributionName) =>
    targets.flatMap(({ name, distributions }, index) => {
      const distribution = distributions[metric];
      return distribution ? [{ name, distribution, index }] : [];
    });
  const draw = (
    names: readonly DistributionName[],
    chart: (metric: DistributionName) => string[],
  ): string => {
    const drawn = names.flatMap(chart).filter((figure) => figure !== '');
    return drawn.length === 0 ? '' : `<div class="charts">${drawn.join('')}</div>`;
  };
  const legend = targets.map(
    ({ name }, i) => `<span class="${seriesClass(i)}">■ ${escapeMarkup(name)}</span>`,
  );
  const curves = draw(DRAWN, (metric) => [
    percentileChart(METRICS[metric].title, METRICS[metric].unit, of(metric)),
  ]);
  const histograms = draw(HISTOGRAMS, (metric) =>
    of(metric).map((series) =>
      histogramChart(METRICS[metric].title, METRICS[metric].unit, series, series.index),
    ),
  );
  const key = targets.length > 1 ? `<p class="legend">${legend.join('')}</p>` : '';
  return section('Percentile curves', curves && key + curves) + section('Histograms', histograms);
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
  return section(`Compared with ${base.name}`, table(['metric', 'target', ...COMPARED], rows, 2));
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
  return section('Errors', table(['error', 'target', 'example', 'count'], rows, 3));
}

function definitions({ targets }: RunFile): string {
  const shown = DISTRIBUTION_NAMES.filter((name) => targets.some(({ metrics }) => metrics[name]));
  const list = shown.map(
    (name) => `<dt>${METRICS[name].title}</dt><dd>${escapeMarkup(METRICS[name].definition)}</dd>`,
  );
  return section('Definitions', `<dl>${list.join('')}</dl>`);
}

type Cell = string | { html: string };

/** @param texts - how many of the first columns hold text, which starts at the left */
function table(heads: readonly string[], rows: readonly (readonly Cell[])[], texts = 1): string {
  if (rows.length === 0) return '';
  const side = (i: number): string => (i < texts ? ' class="left"' : '');
  const head = heads.map((text, i) => `<th${side(i)}>${escapeMarkup(text)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = row.map((c, i) => `<td${side(i)}>${typeof c === 'string' ? escapeMarkup(c) : c.html}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><tr>${head}</tr>${body.join('')}</table></div>`;
}

const section = (title: string, content: string): string =>
  content === '' ? '' : `<h2>${escapeMarkup(title)}</h2>${content}`;
