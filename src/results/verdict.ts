/**
 * The run judges itself. `docs/validity.md` explains every rule to users.
 *
 * invalid: the load generator failed to generate the asked load, or nothing was measured; the figures must not be used.
 * degraded: the figures are true but need care, for the reason given. Whatever the endpoint does (errors, slowness) is a
 * result and never makes a run invalid as long as something was measured.
 */
import { formatDurationMs } from '../lib/duration.js';
import { formatCount, formatFigure, formatShare } from './format.js';
import type { RunOutcome, TargetOutcome } from './outcome.js';
import { countDispersion, offeredRps, plannedSendingMs } from './offered-load.js';
import { hasSessions, type PlanSummary } from './plan-summary.js';
import type { Verdict } from './run-file.js';
import { judgeSteadiness } from './verdict-steady.js';
import { judgeTokens } from './verdict-tokens.js';

/** Where each rule begins to bite. A rule without `invalid` only ever degrades. */
export const VERDICT_LIMITS = {
  /** Achieved sending rate over the offered one, open loops. */
  achievedShare: { degraded: 0.95, invalid: 0.8 },
  /** p99 of lateness: both the absolute limit and the share of the median response time must be exceeded. */
  latenessMs: { degraded: 10, invalid: 100 },
  latenessOfResponse: { degraded: 0.1, invalid: 1 },
  /** p99 of a load thread's event-loop delay. */
  eventLoopDelayMs: { degraded: 10, invalid: 100 },
  /** CPU time over wall time of a load thread. */
  cpuShare: { degraded: 0.9 },
  /** The wall clock against the monotonic one: a step, beyond what adjusting a clock slowly may do (500 ppm, twice). */
  clock: { stepMs: 100, slew: 0.001 },
  /** Failed over ended requests. */
  errorShare: { degraded: 0.1 },
  /** Unfinished over sent requests: the slowest are missing from the figures. */
  incompleteShare: { degraded: 0.01 },
  /** Requests that waited for the in-flight limit over those sent, from which lateness is put down to that limit. */
  heldBackShare: 0.01,
  /** Mean requests in flight over the limit, from which lateness is put down to it where waiting was not counted. */
  inFlightShare: 0.9,
} as const;

/** Runs of less planned sending than this say too little about a rate. */
const SHORTEST_RATED_MS = 1000;
/** Poisson counts vary; this many standard deviations fewer than expected are chance. */
const POISSON_SIGMAS = 4;

type State = Verdict['state'];
interface Finding {
  state: Exclude<State, 'valid'>;
  reason: string;
}

/**
 * Judges a run.
 *
 * @returns the worst state of all findings, and each finding with its figures and what to do
 */
export function judge(outcome: RunOutcome, plan: PlanSummary): Verdict {
  const several = outcome.targets.length > 1;
  const findings = [
    ...judgeThreads(outcome),
    ...judgeClock(outcome),
    ...outcome.targets.flatMap((target) =>
      judgeTarget(target, plan, outcome.interrupted || outcome.stopped !== undefined).map((finding) => ({
        ...finding,
        reason: several ? `${target.name}: ${finding.reason}` : finding.reason,
      })),
    ),
  ];
  if (outcome.interrupted) {
    findings.push({
      state: 'degraded',
      reason:
        'The run was interrupted: it covers only part of the plan. Let it end by itself for comparable figures.',
    });
  }
  if (outcome.stopped) {
    const { reason, atMs } = outcome.stopped;
    findings.push({
      state: 'degraded',
      reason: `The run was stopped after ${formatDurationMs(atMs)}, so it covers only part of the plan: ${reason}`,
    });
  }
  findings.sort((a, b) => Number(b.state === 'invalid') - Number(a.state === 'invalid'));
  return { state: findings[0]?.state ?? 'valid', reasons: findings.map((finding) => finding.reason) };
}

function judgeTarget(target: TargetOutcome, plan: PlanSummary, interrupted: boolean): Finding[] {
  if (target.counters.completed === 0) return [nothingMeasured(target, plan)];
  if (target.counters.empty === target.counters.completed) return [NOTHING_GENERATED];
  const findings = [...judgePace(target, plan, interrupted), ...judgeErrors(target)];
  if (interrupted) return findings;
  const reasons = [...judgeTokens(target, plan), ...judgeSteadiness(target, plan)];
  const others = reasons.map((reason): Finding => ({ state: 'degraded', reason }));
  return [...findings, ...judgeIncomplete(target), ...others];
}

const NOTHING_GENERATED: Finding = {
  state: 'invalid',
  reason:
    'No answer had any text, although all ended in good order: nothing was generated, so nothing was measured but the way there. Look at the server: it may have lost its engine, or answer in a shape that this --endpoint does not read.',
};

function nothingMeasured({ counters, errors }: TargetOutcome, plan: PlanSummary): Finding {
  const worst = errors.toSorted((a, b) => b.count - a.count)[0];
  const why = worst ? `; the most frequent error is ${worst.kind}: ${worst.example}` : '';
  return {
    state: 'invalid',
    reason: `No request of ${formatCount(counters.sent)} completed, so nothing was measured${why}. ${plan.virtual ? 'Simulate more or larger replicas, or shorter requests.' : 'Check the URL, the key and the model.'}`,
  };
}

/** Open loops: were the requests sent when the plan wanted them? One finding, the rate's before the lateness's. */
function judgePace(target: TargetOutcome, plan: PlanSummary, interrupted: boolean): Finding[] {
  const rated = interrupted ? undefined : judgeRate(target, plan);
  const finding = rated ?? judgeLateness(target, plan);
  return finding ? [finding] : [];
}

function judgeRate(target: TargetOutcome, plan: PlanSummary): Finding | undefined {
  const offered = offeredRps(plan);
  const plannedMs = plannedSendingMs(plan);
  if (offered === undefined || plannedMs === undefined || plannedMs < SHORTEST_RATED_MS) return undefined;
  const share = achievedShare(target, plan, (offered * plannedMs) / 1000, plannedMs);
  const state = stateBelow(share, VERDICT_LIMITS.achievedShare);
  if (!state) return undefined;
  const figures = `Requests were sent at ${formatFigure(offered * share)} of the ${formatFigure(offered)} req/s offered (${formatShare(share)})`;
  return heldBack(target, plan)
    ? { state: 'degraded', reason: `${figures}, because ${inFlightLimit(plan)}` }
    : {
        state,
        reason: `${figures}: the load generator could not keep up. Lower the rate, or use more --threads or a larger machine.`,
      };
}

/**
 * The smaller of two shares: requests sent of those expected in the planned time, and planned time of the time that
 * sending took. The latter is the planned time plus the lateness that the last requests had built up (its p99, so that
 * one stall does not count as a rate).
 */
function achievedShare(
  target: TargetOutcome,
  plan: PlanSummary,
  expected: number,
  plannedMs: number,
): number {
  // Of sessions, only the first turns have an instant of their own, and a lateness.
  const { lateness } = target.distributions;
  const dispatched = hasSessions(plan.workload) && lateness ? lateness.count : target.counters.sent;
  const chance = Math.max(1, POISSON_SIGMAS * Math.sqrt(expected * countDispersion(plan)));
  return Math.min((dispatched + chance) / expected, plannedMs / (plannedMs + latenessP99Ms(target)), 1);
}

function judgeLateness(target: TargetOutcome, plan: PlanSummary): Finding | undefined {
  const lateMs = latenessP99Ms(target);
  const typicalMs = target.distributions.response_time?.statistic('p50') ?? 0;
  const state = worst(
    (name) =>
      lateMs > VERDICT_LIMITS.latenessMs[name] &&
      lateMs > VERDICT_LIMITS.latenessOfResponse[name] * typicalMs,
  );
  if (!state) return undefined;
  const figures = `Requests left ${formatDurationMs(lateMs)} late at p99 (median response time ${formatDurationMs(typicalMs)})`;
  return heldBack(target, plan)
    ? { state: 'degraded', reason: `${figures}, because ${inFlightLimit(plan)}` }
    : {
        state,
        reason: `${figures}: the load generator was too busy. Lower the rate, use more --threads, or free the machine.`,
      };
}

/** The p99 of lateness; the largest where there are too few samples, 0 in closed loops. */
const latenessP99Ms = ({ distributions: { lateness } }: TargetOutcome): number =>
  lateness?.statistic('p99') ?? lateness?.statistic('max') ?? 0;

/** Whether lateness comes from the in-flight limit rather than from the load generator. */
function heldBack({ counters, distributions, measuredMs }: TargetOutcome, plan: PlanSummary): boolean {
  if (counters.heldBack !== undefined)
    return counters.heldBack > VERDICT_LIMITS.heldBackShare * counters.sent;
  // Little's law: mean in flight = arrival rate × mean time in the system.
  const meanInFlight = (counters.completed * (distributions.e2e?.statistic('mean') ?? 0)) / measuredMs;
  return meanInFlight >= VERDICT_LIMITS.inFlightShare * plan.maxInFlight;
}

const inFlightLimit = (plan: PlanSummary): string =>
  plan.arrivals.kind === 'users' ? busyUsers(plan.arrivals.users) : tooManyInFlight(plan);

const busyUsers = (users: number): string =>
  `answers took longer than the gaps between the requests of one of ${formatCount(users)} users, each of whom waits for them. ` +
  'response_time includes that wait. Take more --users, or a lower --rate.';

const tooManyInFlight = (plan: PlanSummary): string =>
  `the limit of ${formatCount(plan.maxInFlight)} requests in flight was reached: the endpoint is slower than the offered load. ` +
  'response_time includes that wait; the other latencies belong to the lower load. Raise --max-in-flight or lower the rate.';

function judgeErrors({ counters }: TargetOutcome): Finding[] {
  const ended = counters.completed + counters.failed;
  const share = counters.failed / ended;
  if (share <= VERDICT_LIMITS.errorShare.degraded) return [];
  return [
    {
      state: 'degraded',
      reason: `${formatShare(share)} of ${formatCount(ended)} requests failed: latencies and token rates describe only those that completed. See the errors below.`,
    },
  ];
}

function judgeIncomplete({ counters }: TargetOutcome): Finding[] {
  const share = counters.incomplete / counters.sent;
  if (share <= VERDICT_LIMITS.incompleteShare.degraded) return [];
  return [
    {
      state: 'degraded',
      reason: `${formatCount(counters.incomplete)} of ${formatCount(counters.sent)} requests (${formatShare(share)}) had not finished at the end, so the slowest are missing from the figures. Raise --grace.`,
    },
  ];
}

function judgeThreads({ threads }: RunOutcome): Finding[] {
  const findings: Finding[] = [];
  const delayMs = Math.max(0, ...threads.map((thread) => thread.eventLoopDelayP99Ms));
  const state = worst((name) => delayMs > VERDICT_LIMITS.eventLoopDelayMs[name]);
  if (state) {
    findings.push({
      state,
      reason: `A load thread's event loop was blocked for ${formatDurationMs(delayMs)} at p99: latencies contain that much of the load generator's own time. Lower the load, use more --threads, or free the machine.`,
    });
  }
  const cpu = Math.max(0, ...threads.map((thread) => thread.cpuShare ?? 0));
  if (cpu > VERDICT_LIMITS.cpuShare.degraded) {
    findings.push({
      state: 'degraded',
      reason: `A load thread used ${formatShare(cpu)} of its core: the load generator may have been the bottleneck. Use more --threads or a larger machine.`,
    });
  }
  return findings;
}

/** A wall clock that moves against the monotonic one was set, or the machine slept. */
function judgeClock({ clockStepMs = 0, targets }: RunOutcome): Finding[] {
  const { stepMs, slew } = VERDICT_LIMITS.clock;
  const runMs = Math.max(0, ...targets.map(({ measuredMs }) => measuredMs));
  if (Math.abs(clockStepMs) <= stepMs + slew * runMs) return [];
  const how = `${formatDurationMs(Math.abs(clockStepMs))} ${clockStepMs > 0 ? 'forward' : 'back'}`;
  return [
    {
      state: 'degraded',
      reason: `The wall clock went ${how} against the monotonic clock during the run: it was set, or the machine slept. Instants of this run do not fit those of logs and of other machines, and a sleep looks like a slow endpoint.`,
    },
  ];
}

const STATES = ['invalid', 'degraded'] as const;
const worst = (holds: (name: Finding['state']) => boolean): Finding['state'] | undefined =>
  STATES.find(holds);
const stateBelow = (value: number, limits: Record<Finding['state'], number>): Finding['state'] | undefined =>
  worst((name) => value < limits[name]);
