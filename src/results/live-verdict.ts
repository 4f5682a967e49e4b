/** What a run would say of itself if it ended now, as far as its counters tell: the same limits as those of its end. */
import { formatDurationMs } from '../lib/duration.js';
import { formatFigure, formatShare } from './format.js';
import { countDispersion, offeredRps } from './offered-load.js';
import type { PlanSummary } from './plan-summary.js';
import type { Progress, TargetProgress } from './progress.js';
import type { Verdict } from './run-file.js';
import { VERDICT_LIMITS } from './verdict.js';

/** Rates of less than this say too little. */
const SHORTEST_RATED_MS = 3000;
/** Fewer ended requests than this are no share. */
const FEWEST_ENDED = 20;
const CHANCE_SIGMAS = 4;

interface Finding {
  state: Exclude<Verdict['state'], 'valid'>;
  reason: string;
}

/** The worst state of all findings, and each with its figures. */
export function judgeProgress(progress: Progress | undefined, plan: PlanSummary): Verdict {
  if (!progress) return { state: 'valid', reasons: [] };
  const findings = [
    ...judgeThreads(progress),
    ...progress.targets.flatMap((target) => judgeTarget(target, progress, plan)),
  ];
  const worst = findings.find(({ state }) => state === 'invalid') ?? findings[0];
  return { state: worst?.state ?? 'valid', reasons: findings.map(({ reason }) => reason) };
}

function judgeThreads({ threads = [] }: Progress): Finding[] {
  const findings: Finding[] = [];
  const delayMs = Math.max(0, ...threads.map((thread) => thread.eventLoopDelayP99Ms));
  const { eventLoopDelayMs, cpuShare } = VERDICT_LIMITS;
  if (delayMs > eventLoopDelayMs.degraded) {
    findings.push({
      state: delayMs > eventLoopDelayMs.invalid ? 'invalid' : 'degraded',
      reason: `A load thread's event loop was blocked for ${formatDurationMs(delayMs)} at p99.`,
    });
  }
  const cpu = Math.max(0, ...threads.map((thread) => thread.cpuShare ?? 0));
  if (cpu > cpuShare.degraded)
    findings.push({ state: 'degraded', reason: `A load thread used ${formatShare(cpu)} of its core.` });
  return findings;
}

function judgeTarget(target: TargetProgress, progress: Progress, plan: PlanSummary): Finding[] {
  const { name, completed, failed } = target;
  const ended = completed + failed;
  const findings: Finding[] = [];
  const share = failed / ended;
  if (ended >= FEWEST_ENDED && share > VERDICT_LIMITS.errorShare.degraded)
    findings.push({ state: 'degraded', reason: `${name}: ${formatShare(share)} of the requests failed.` });
  const pace = judgePace(target, progress, plan);
  return pace ? [...findings, pace] : findings;
}

/** Open loops of one rate: whether as much was sent as was offered. */
function judgePace(
  { name, sent, inFlight }: TargetProgress,
  { elapsedMs, phase }: Progress,
  plan: PlanSummary,
): Finding | undefined {
  const offered = plan.arrivals.kind === 'stages' ? undefined : offeredRps(plan);
  if (offered === undefined || phase === 'finishing' || elapsedMs < SHORTEST_RATED_MS) return undefined;
  const expected = (offered * elapsedMs) / 1000;
  const chance = Math.max(1, CHANCE_SIGMAS * Math.sqrt(expected * countDispersion(plan)));
  const achieved = (sent + chance) / expected;
  const { degraded, invalid } = VERDICT_LIMITS.achievedShare;
  if (achieved >= degraded) return undefined;
  const full = inFlight >= plan.maxInFlight;
  return {
    state: achieved < invalid && !full ? 'invalid' : 'degraded',
    reason: `${name}: ${formatFigure((sent / elapsedMs) * 1000)} of the ${formatFigure(offered)} req/s offered were sent${full ? ': the limit of requests in flight is reached' : ''}.`,
  };
}
