/** A comparison as text. */
import { truncate } from '../format.js';
import { BLANK, line, tableLines, wrapWords, type Column, type Line } from '../lines.js';
import type { RunFile } from '../run-file.js';
import type { ComparedFigure, RuleResult } from './compare.js';
import { descriptorOf, type MetricName } from '../metrics.js';
import { CHANGE_OUTCOMES, changesTable, judgement } from './compare-text.js';

/** One of the two runs. */
export interface ComparedRun {
  path: string;
  run: RunFile;
}

/** All there is to say about two runs. */
export interface Comparison {
  base: ComparedRun;
  new: ComparedRun;
  /** Paths of the plan that differ and were allowed to. */
  waived: readonly string[];
  figures: readonly ComparedFigure[];
  rules: readonly RuleResult[];
}

const FOOTNOTE =
  'Intervals: at least 95 %, from order statistics of each run; ~ no change beyond chance. Details that did not change are left out: --json has all figures. See docs/results.md.';

/**
 * The comparison for people.
 *
 * @param width - columns; lines are never longer (from 60 columns on)
 */
export function comparisonLines(comparison: Comparison, width: number): Line[] {
  const targets = [...new Set(comparison.figures.map(({ target }) => target))];
  const sections = [
    [...runLines('Base', comparison.base, width), ...runLines('New', comparison.new, width)],
    comparison.waived.length > 0
      ? wrapWords(`Different by permission: ${comparison.waived.join(', ')}`, width).map((text) => line(text))
      : [],
    ...targets.map((target) => {
      const figure = targets.length > 1 ? truncate(target, 24) : 'Figure';
      const own = comparison.figures.filter((compared) => compared.target === target && isShown(compared));
      return changesTable({ figure, base: 'base', other: 'new' }, own, width);
    }),
    wrapWords(FOOTNOTE, width).map((text) => line(text, 'dim')),
    ruleLines(comparison.rules, width),
  ].filter((section) => section.length > 0);
  return sections.flatMap((section, i) => (i === 0 ? section : [BLANK, ...section]));
}

/** Details, which reports leave out as well, are worth a line only where chance does not explain them. */
function isShown(compared: ComparedFigure): boolean {
  const name = /^\w+/.exec(compared.figure)![0] as MetricName;
  return !descriptorOf(name).detail || !['~', 'no value'].includes(judgement(compared).word);
}

const runLines = (name: string, { path, run }: ComparedRun, width: number): Line[] =>
  wrapWords(
    `${path} · ${run.startedAt.slice(0, 19).replace('T', ' ')} UTC · ${run.verdict.state}`,
    width - 6,
  ).map((text, i) => line(`${(i === 0 ? name : '').padEnd(6)}${text}`));

function ruleLines(rules: readonly RuleResult[], width: number): Line[] {
  if (rules.length === 0) return [];
  const columns: Column[] = [
    { head: 'Rules', align: 'left' },
    { head: 'target', align: 'left', dispensable: 1 },
    { head: '', align: 'left' },
  ];
  return tableLines(
    columns,
    rules.map(({ rule, target, outcome, passed }) => [
      { text: `${passed ? '✔' : '✘'} ${rule}`, tone: passed ? 'good' : 'bad' },
      { text: target },
      { text: CHANGE_OUTCOMES[outcome], tone: 'dim' },
    ]),
    width,
  );
}
