/** A comparison as text. */
import { formatFigure, truncate } from '../format.js';
import {
  BLANK,
  line,
  plainText,
  tableLines,
  wrapWords,
  type Cell,
  type Column,
  type Line,
} from '../lines.js';
import type { RunFile } from '../run-file.js';
import type { ComparedFigure, RuleResult } from './compare.js';
import { CHANGE_OUTCOMES, intervalText, judgement, percentText } from './compare-text.js';

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

const WIDTH = 100;
const FOOTNOTE =
  'Intervals: at least 95 %, from order statistics of each run; ~ no change beyond chance. See docs/results.md.';

/** The comparison as plain text. */
export function comparisonText(comparison: Comparison): string {
  const targets = [...new Set(comparison.figures.map(({ target }) => target))];
  const sections = [
    [runLine('Base', comparison.base), runLine('New', comparison.new)],
    comparison.waived.length > 0
      ? wrapWords(`Different by permission: ${comparison.waived.join(', ')}`, WIDTH).map((text) => line(text))
      : [],
    ...targets.map((target) => figureLines(target, comparison.figures, targets.length > 1)),
    wrapWords(FOOTNOTE, WIDTH).map((text) => line(text, 'dim')),
    ruleLines(comparison.rules),
  ].filter((section) => section.length > 0);
  return plainText(sections.flatMap((section, i) => (i === 0 ? section : [BLANK, ...section])));
}

const runLine = (name: string, { path, run }: ComparedRun): Line =>
  line(
    `${name.padEnd(6)}${path} · ${run.startedAt.slice(0, 19).replace('T', ' ')} UTC · ${run.verdict.state}`,
  );

const right = (head: string): Column => ({ head, align: 'right' });

function figureLines(target: string, figures: readonly ComparedFigure[], named: boolean): Line[] {
  const columns: Column[] = [
    { head: named ? truncate(target, 24) : 'Figure', align: 'left' },
    { head: 'unit', align: 'left' },
    right('base'),
    right('new'),
    right('change'),
    right('interval'),
    { head: '', align: 'left' },
  ];
  const rows = figures
    .filter((compared) => compared.target === target)
    .map((compared): Cell[] => {
      const { word, tone } = judgement(compared);
      return [
        { text: compared.figure },
        { text: compared.unit, tone: 'dim' },
        { text: formatFigure(compared.base?.value) },
        { text: formatFigure(compared.new?.value) },
        { text: percentText(compared.relative?.value) },
        { text: intervalText(compared.relative), tone: 'dim' },
        { text: word, tone },
      ];
    });
  return tableLines(columns, rows, WIDTH);
}

function ruleLines(rules: readonly RuleResult[]): Line[] {
  if (rules.length === 0) return [];
  const columns: Column[] = ['Rules', 'target', ''].map((head) => ({ head, align: 'left' }));
  return tableLines(
    columns,
    rules.map(({ rule, target, outcome, passed }) => [
      { text: `${passed ? '✔' : '✘'} ${rule}`, tone: passed ? 'good' : 'bad' },
      { text: target },
      { text: CHANGE_OUTCOMES[outcome], tone: 'dim' },
    ]),
    WIDTH,
  );
}
