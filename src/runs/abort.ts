/** `--abort`: rules that end a hopeless run early, looked at while it goes on. */
import { FakeaiError } from '../lib/errors.js';
import { formatFigure } from '../results/format.js';
import {
  LIVE_DISTRIBUTIONS,
  liveQuantileMs,
  type LiveDistribution,
  type Progress,
  type TargetProgress,
} from '../results/progress.js';
import { sampleFloor } from '../results/sample-floor.js';
import { compareSlo, parseSlo, sloUnit, type SloExpression } from '../results/slo.js';

/** Fewer requests that ended than this say nothing about a share of errors. */
const LEAST_ENDED = 20;

/**
 * Parses rules, which are written as gates are, but say what must not be.
 *
 * @throws FakeaiError FAKEAI_SLO_SYNTAX, or FAKEAI_SETTING_INVALID for what is not known while a run goes on
 */
export function parseAborts(texts: readonly string[]): SloExpression[] {
  return texts.map((text) => {
    const rule = parseSlo(text);
    if (isFollowed(rule)) return rule;
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `--abort '${rule.text}'`,
      problem: 'is about something that is not known while a run goes on',
      hint: `Use error_rate, or a percentile of ${LIVE_DISTRIBUTIONS.join(', ')}, such as 'error_rate > 50%' or 'ttft.p95 > 10s'.`,
    });
  });
}

const isFollowed = ({ gated, turn }: SloExpression): boolean =>
  'statistic' in gated
    ? turn === undefined && gated.statistic.kind === 'quantile' && isLive(gated.metric)
    : gated.metric === 'error_rate';

const isLive = (metric: string): metric is LiveDistribution =>
  (LIVE_DISTRIBUTIONS as readonly string[]).includes(metric);

/** The first rule that holds, with what was measured; undefined if none does, or there are too few values to tell. */
export function abortReason(rules: readonly SloExpression[], { targets }: Progress): string | undefined {
  for (const rule of rules) {
    for (const target of targets) {
      if (rule.target !== undefined && rule.target !== target.name) continue;
      const value = liveValue(rule, target);
      if (value === undefined || !compareSlo(rule, value)) continue;
      const where = targets.length > 1 ? ` of ${target.name}` : '';
      return `--abort '${rule.text}' holds: it is ${formatFigure(value)} ${sloUnit(rule)}${where}.`;
    }
  }
  return undefined;
}

function liveValue({ gated }: SloExpression, target: TargetProgress): number | undefined {
  if (!('statistic' in gated)) {
    const ended = target.completed + target.failed;
    return ended >= LEAST_ENDED ? (target.failed / ended) * 100 : undefined;
  }
  if (gated.statistic.kind !== 'quantile' || !isLive(gated.metric)) return undefined;
  const counts = target.latencies[gated.metric];
  const share = gated.statistic.percent / 100;
  const values = counts.reduce((sum, count) => sum + count, 0);
  return values >= sampleFloor(share) ? liveQuantileMs(counts, share) : undefined;
}
