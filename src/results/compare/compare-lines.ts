/** A comparison as text. */
import { ABSENT, formatFigure, truncate } from '../format.js';
import {
  BLANK,
  line,
  plainText,
  tableLines,
  wrapWords,
  type Cell,
  type Column,
  type Line,
  type Tone,
} from '../lines.js';
import type { RunFile } from '../run-file.js';
import type { Change, ComparedFigure, RuleResult } from './compare.js';

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
        { text: percent(compared.relative?.value) },
        { text: compared.relative ? intervalText(compared.relative) : ABSENT, tone: 'dim' },
        { text: word, tone },
      ];
    });
  return tableLines(columns, rows, WIDTH);
}

function judgement({ relative, better }: ComparedFigure): { word: string; tone?: Tone } {
  if (!relative) return { word: 'no value' };
  const rose = relative.low !== null && relative.low > 0;
  const fell = relative.high !== null && relative.high < 0;
  if (!rose && !fell) return { word: '~' };
  if (better === 'neither') return { word: 'differs' };
  return rose === (better === 'higher') ? { word: 'better', tone: 'good' } : { word: 'worse', tone: 'bad' };
}

function percent(share: number | null | undefined): string {
  if (share == null) return ABSENT;
  if (!Number.isFinite(share)) return '+∞';
  return `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)}%`;
}

const intervalText = ({ low, high }: Change): string => `${percent(low)} … ${percent(high)}`;

const OUTCOMES: Record<RuleResult['outcome'], string> = {
  passed: 'within the tolerance',
  'within-noise': 'beyond the tolerance, but perhaps by chance',
  failed: 'beyond the tolerance',
  'no-value': 'no value, or too few samples, in one of the runs',
};

function ruleLines(rules: readonly RuleResult[]): Line[] {
  if (rules.length === 0) return [];
  const columns: Column[] = ['Rules', 'target', ''].map((head) => ({ head, align: 'left' }));
  return tableLines(
    columns,
    rules.map(({ rule, target, outcome, passed }) => [
      { text: `${passed ? '✔' : '✘'} ${rule}`, tone: passed ? 'good' : 'bad' },
      { text: target },
      { text: OUTCOMES[outcome], tone: 'dim' },
    ]),
    WIDTH,
  );
}
