/** The report of a run, laid out in toned lines. The plain text report and the one on a terminal both print these. */
import { binDistribution, horizontalBar } from './bins.js';
import { clientFloorLines } from './client-floor-lines.js';
import type { Distribution } from './distribution.js';
import { formatCount, formatFigure, truncate } from './format.js';
import { BLANK, line, lineText, printable, wrapWords, type Line, type Tone } from './lines.js';
import { METRICS, type DistributionName } from './metrics.js';
import { describeLoad, describeWorkload } from './plan-text.js';
import { decodeHistograms } from './read-run-file.js';
import { routerLines } from './router-table.js';
import { errorLines, requestLines, simulationLines, sloLines, statisticLines } from './report-tables.js';
import { targetLines } from './compare/target-lines.js';
import { probeLines } from './report-probe.js';
import { pointLines, searchLines } from './report-points.js';
import type { RunFile, RunTarget } from './run-file.js';
import { serverMetricLines } from './server-metrics-lines.js';
import { describeFleet } from './virtual-fleet.js';

/** Narrower than this, lines are cut rather than laid out further. */
const NARROWEST = 50;
/** Wider than this, eyes lose the row. */
const WIDEST = 120;

/** The whole report at a width in columns. */
export function reportLines(run: RunFile, columns: number): Line[] {
  const width = Math.min(WIDEST, Math.max(NARROWEST, columns));
  const sections = [
    headerLines(run, width),
    verdictLines(run, width),
    requestLines(run, width),
    statisticLines(run, width),
    targetLines(run, width),
    ...run.targets.map((target) => histogramLines(target, run.targets.length > 1, width)),
    simulationLines(run, width),
    routerLines(run, width),
    probeLines(run, width),
    pointLines(run, width),
    searchLines(run, width),
    serverMetricLines(run, width),
    clientFloorLines(run, width),
    errorLines(run, width),
    sloLines(run, width),
  ].filter((section) => section.length > 0);
  return sections.flatMap((section, i) => (i === 0 ? section : [BLANK, ...section])).map(printable);
}

const FIELD_WIDTH = 10;

function headerLines(run: RunFile, width: number): Line[] {
  const title = `${run.tool.name} ${run.tool.version}`;
  const when = `${run.startedAt.slice(0, 19).replace('T', ' ')} UTC`;
  const gap = ' '.repeat(Math.max(1, width - title.length - when.length));
  const field = (name: string, text: string): Line[] =>
    wrapWords(text, width - FIELD_WIDTH).map((part, i) => [
      { text: (i === 0 ? name : '').padEnd(FIELD_WIDTH), tone: 'dim' },
      { text: part },
    ]);
  return [
    [{ text: title, tone: 'strong' }, { text: gap }, { text: when, tone: 'dim' }],
    ...field('Model', run.plan.model),
    ...(run.plan.virtual
      ? field('Fleet', describeFleet(run.plan.virtual))
      : run.targets.flatMap((target, i) =>
          field(
            i === 0 ? 'Target' : '',
            `${target.name} · ${target.url}${target.proxy === undefined ? '' : ` through ${target.proxy}`}`,
          ),
        )),
    ...field('Load', describeLoad(run.plan)),
    ...field('Workload', describeWorkload(run.plan)),
    ...(run.shard ? field('Shard', `part ${run.shard.k} of ${run.shard.of} of this load`) : []),
  ];
}

const VERDICTS: Record<RunFile['verdict']['state'], { mark: string; tone: Tone }> = {
  valid: { mark: '✔', tone: 'good' },
  degraded: { mark: '▲', tone: 'warn' },
  invalid: { mark: '✘', tone: 'bad' },
};

function verdictLines({ verdict }: RunFile, width: number): Line[] {
  const { mark, tone } = VERDICTS[verdict.state];
  const meaning = verdict.state === 'invalid' ? ': do not use these figures' : '';
  return [
    [
      { text: 'Verdict'.padEnd(FIELD_WIDTH), tone: 'dim' },
      { text: `${mark} ${verdict.state}${meaning}`, tone },
    ],
    ...verdict.reasons.flatMap((reason) =>
      wrapWords(reason, width - FIELD_WIDTH - 2).map((part, i) =>
        line(`${' '.repeat(FIELD_WIDTH)}${i === 0 ? '·' : ' '} ${part}`),
      ),
    ),
  ];
}

const DRAWN = ['ttft', 'e2e'] as const satisfies DistributionName[];
const BINS = 10;
const SIDE_BY_SIDE_FROM = 76;
const GUTTER = 4;

/** TTFT and end-to-end latencies of a target as bars: side by side where there is room. */
function histogramLines(target: RunTarget, named: boolean, width: number): Line[] {
  const distributions = decodeHistograms(target.histograms);
  const drawn = DRAWN.filter((name) => distributions[name]);
  const beside = width >= SIDE_BY_SIDE_FROM;
  const panelWidth = beside ? Math.floor((width - GUTTER) / 2) : Math.min(width, 60);
  const panels = drawn.map((name) => {
    const title = `${named ? `${truncate(target.name, 16)} · ` : ''}${METRICS[name].title}, ms`;
    return histogramPanel(title, distributions[name]!, panelWidth);
  });
  if (!beside) return panels.flatMap((panel, i) => (i === 0 ? panel : [BLANK, ...panel]));
  const [left, right] = panels;
  if (!left || !right) return left ?? [];
  return left.map((part, i) => [
    ...part,
    { text: ' '.repeat(panelWidth - lineText(part).length + GUTTER) },
    ...(right[i] ?? []),
  ]);
}

function histogramPanel(title: string, distribution: Distribution, width: number): Line[] {
  const bins = binDistribution(distribution, BINS);
  const labels = bins.map(({ from }) => formatFigure(from));
  const labelWidth = Math.max(...labels.map((label) => label.length), 6);
  const counts = bins.map(({ count }) => formatCount(count));
  const countWidth = Math.max(...counts.map((count) => count.length));
  const barWidth = width - labelWidth - countWidth - 3;
  const most = Math.max(...bins.map(({ count }) => count));
  const head = `${title}${' '.repeat(Math.max(1, width - title.length - 'requests'.length))}requests`;
  return [
    line(head, 'dim'),
    ...bins.map(({ count }, i): Line => [
      { text: `${labels[i]!.padStart(labelWidth)} `, tone: 'dim' },
      { text: '│', tone: 'dim' },
      { text: horizontalBar(count / most, barWidth).padEnd(barWidth), tone: 'bar' },
      { text: ` ${counts[i]!.padStart(countWidth)}` },
    ]),
  ];
}
