/** The HTML report of two runs. */
import { CHANGE_OUTCOMES, intervalText, judgement, percentText } from '../../compare/compare-text.js';
import type { ComparedRun, Comparison } from '../../compare/compare-lines.js';
import { formatFigure } from '../../format.js';
import { describeLoad, describeWorkload } from '../../plan-text.js';
import { decodeHistograms } from '../../read-run-file.js';
import { escapeMarkup } from '../markup.js';
import { histogramCharts, percentileCharts } from './distribution-charts.js';
import { htmlFields, htmlPage, htmlSection, htmlTable, PageCharts } from './page.js';
import { CURVES, HISTOGRAMS } from './run-page.js';
import { timeCharts } from './time-charts.js';

/** The whole page. */
export function comparisonHtml(comparison: Comparison): string {
  const charts = new PageCharts();
  const lines = [...linesOf(comparison.base, 'base', true), ...linesOf(comparison.new, 'new', false)];
  const subjects = lines.map((line) => ({
    ...line,
    distributions: decodeHistograms(line.target.histograms),
  }));
  const overTime = lines.flatMap((line) =>
    line.target.timeSeries ? [{ ...line, timeSeries: line.target.timeSeries }] : [],
  );
  const sections = [
    `<h1>${escapeMarkup('Two runs compared')}</h1>`,
    runs(comparison),
    rules(comparison),
    figures(comparison),
    htmlSection('Percentile curves', charts.group(percentileCharts(CURVES, subjects))),
    htmlSection('Over time', charts.group(timeCharts(overTime, comparison.new.run.plan.warmupMs))),
    htmlSection('Histograms', charts.group(histogramCharts(HISTOGRAMS, subjects))),
  ];
  return htmlPage(`fakeai · ${comparison.new.run.plan.model} · two runs compared`, sections, charts);
}

/** The targets of a run as lines of charts: those of the base run are dashed. */
const linesOf = ({ run }: ComparedRun, side: string, dashed: boolean) =>
  run.targets.map((target, i) => ({
    name: run.targets.length > 1 ? `${target.name} (${side})` : side,
    // One target each: two colours. Several: a colour for each, which both runs share.
    color: run.targets.length > 1 ? i : dashed ? 1 : 0,
    dashed,
    target,
  }));

function runs({ base, new: other, waived }: Comparison): string {
  const describe = ({ path, run }: ComparedRun): string =>
    `${path} · ${run.startedAt.slice(0, 19).replace('T', ' ')} UTC · ${run.verdict.state} · ${run.plan.model} · ${describeLoad(run.plan)} · ${describeWorkload(run.plan)}`;
  return htmlFields([
    ['Base', describe(base)],
    ['New', describe(other)],
    ...(waived.length > 0 ? [['Different by permission', waived.join(', ')] as const] : []),
  ]);
}

function rules({ rules: results }: Comparison): string {
  const rows = results.map(({ rule, target, outcome, passed }) => [
    { html: `<span class="${passed ? 'good' : 'bad'}">${passed ? '✔ passed' : '✘ failed'}</span>` },
    rule,
    target,
    CHANGE_OUTCOMES[outcome],
  ]);
  return htmlSection('Rules', htmlTable(['', 'rule', 'target', ''], rows, 4));
}

function figures({ figures: compared }: Comparison): string {
  const rows = compared.map((figure) => {
    const { word, tone } = judgement(figure);
    return [
      figure.figure,
      figure.target,
      figure.unit,
      formatFigure(figure.base?.value),
      formatFigure(figure.new?.value),
      percentText(figure.relative?.value),
      intervalText(figure.relative),
      { html: `<span class="${tone ?? 'dim'}">${escapeMarkup(word)}</span>` },
    ];
  });
  const heads = ['figure', 'target', 'unit', 'base', 'new', 'change', 'interval', ''];
  const note =
    '<p class="dim">Intervals: at least 95 %, from order statistics of each run; ~ no change beyond chance.</p>';
  return htmlSection('Figures', htmlTable(heads, rows, 3) + note);
}
