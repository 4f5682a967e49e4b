/** Changes in words and figures, for every form of a comparison. */
import { ABSENT } from '../format.js';
import type { Tone } from '../lines.js';
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
