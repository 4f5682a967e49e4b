/** Changes in words and figures, for every form of a comparison. */
import { ABSENT, formatFigure } from '../format.js';
import { tableLines, type Cell, type Column, type Line, type Tone } from '../lines.js';
import type { Change, ComparedFigure, RuleResult } from './compare.js';

/** What the interval of a change says. */
export function judgement({ relative, better }: Pick<ComparedFigure, 'relative' | 'better'>): {
  word: string;
  tone?: Tone;
} {
  if (!relative) return { word: 'no value' };
  const rose = relative.low !== null && relative.low > 0;
  const fell = relative.high !== null && relative.high < 0;
  if (!rose && !fell) return { word: '~' };
  if (better === 'neither') return { word: 'differs' };
  return rose === (better === 'higher') ? { word: 'better', tone: 'good' } : { word: 'worse', tone: 'bad' };
}

/** A relative change as a percentage with its sign. */
export function percentText(share: number | null | undefined): string {
  if (share == null) return ABSENT;
  if (!Number.isFinite(share)) return '+∞';
  return `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)}%`;
}

/** Both ends of an interval of relative change. */
export const intervalText = (change: Change | null): string =>
  change ? `${percentText(change.low)} … ${percentText(change.high)}` : ABSENT;

/** What became of a rule. */
export const CHANGE_OUTCOMES: Record<RuleResult['outcome'], string> = {
  passed: 'within the tolerance',
  'within-noise': 'beyond the tolerance, but perhaps by chance',
  failed: 'beyond the tolerance',
  'no-value': 'no value, or too few samples, in one of the runs',
};

/**
 * A table of changes.
 *
 * @param heads - of the figures' names, and of the values that are compared
 */
export function changesTable(
  heads: { figure: string; base: string; other: string },
  figures: readonly ComparedFigure[],
  width: number,
): Line[] {
  const columns: Column[] = [
    { head: heads.figure, align: 'left' },
    { head: 'unit', align: 'left', dispensable: 4 },
    { head: heads.base, align: 'right', dispensable: 3 },
    { head: heads.other, align: 'right', dispensable: 2 },
    { head: 'change', align: 'right' },
    { head: 'interval', align: 'right', dispensable: 1 },
    { head: '', align: 'left' },
  ];
  const rows = figures.map((compared): Cell[] => {
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
  return tableLines(columns, rows, width);
}
