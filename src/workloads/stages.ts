/** Loads that change with time: the text that people write, and the load as a function of time. */
import { parseDurationMs } from '../lib/duration.js';
import { FakeaiError } from '../lib/errors.js';
import type { Stage } from './plan.js';

/** What the numbers of stages are: requests per second, or requests in flight. */
type StageUnit = 'rps' | 'c';

const MAX_STAGES = 1000;
const HINT =
  "Write stages such as '30s@10rps,1m@10->50rps' (rates) or '30s@8c,1m@8->32c' (requests in flight).";
const STAGE = /^([\d.]+\s*(?:us|ms|s|m|h)?)\s*@\s*(\d+(?:\.\d+)?)\s*(?:->\s*(\d+(?:\.\d+)?)\s*)?(rps|c)$/i;

const refuse = (where: string, problem: string): never => {
  throw new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem, hint: HINT });
};

const quote = (text: string): string => `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`;

function parseStage(text: string, where: string): { stage: Stage; unit: StageUnit } {
  const match = STAGE.exec(text);
  const durationMs = match ? parseDurationMs(match[1]!, 's') : undefined;
  if (!match || durationMs === undefined) return refuse(where, `${quote(text)} is not a stage`);
  if (durationMs === 0) return refuse(where, `${quote(text)} takes no time`);
  const from = Number(match[2]);
  const to = match[3] === undefined ? from : Number(match[3]);
  const unit = match[4]!.toLowerCase() === 'c' ? 'c' : 'rps';
  if (unit === 'c' && !(Number.isInteger(from) && Number.isInteger(to)))
    return refuse(where, `${quote(text)} must have a whole number of requests in flight`);
  if (Math.max(from, to) > 1_000_000) return refuse(where, `${quote(text)} is above 1000000`);
  return { stage: { durationMs, from, to }, unit };
}

/**
 * Reads stages: `DURATION@LOAD` or `DURATION@FROM->TO` (a straight ramp), separated by commas. A load is a number with
 * `rps` (requests per second) or `c` (requests in flight), the same in all stages. A bare duration is in seconds. A load
 * may be 0, which is a pause, but not in all stages.
 *
 * @param text - the value
 * @param where - what to call the setting in an error, such as `--stages`
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseStages(text: string, where: string): { unit: StageUnit; stages: Stage[] } {
  const parts = text.split(',');
  if (parts.length > MAX_STAGES) return refuse(where, `has ${parts.length} stages, more than ${MAX_STAGES}`);
  const parsed = parts.map((part) => parseStage(part.trim(), where));
  const { unit } = parsed[0]!;
  if (parsed.some((each) => each.unit !== unit))
    return refuse(where, 'mixes rates (rps) and requests in flight (c)');
  const stages = parsed.map(({ stage }) => stage);
  if (stages.every(({ from, to }) => from === 0 && to === 0))
    return refuse(where, 'has no load in any stage');
  return { unit, stages };
}

/** How long all stages take, milliseconds. */
export const stagesMs = (stages: readonly Stage[]): number =>
  stages.reduce((sum, { durationMs }) => sum + durationMs, 0);

/**
 * The load at an instant; 0 before the first stage and after the last one. A stage includes its beginning, not its end.
 *
 * @param ms - milliseconds since the first stage began
 */
export function loadAt(stages: readonly Stage[], ms: number): number {
  let left = ms;
  if (left < 0) return 0;
  for (const { durationMs, from, to } of stages) {
    if (left < durationMs) return from + ((to - from) * left) / durationMs;
    left -= durationMs;
  }
  return 0;
}

/**
 * Inverts the number of requests that stages of rates expect: from requests since the beginning to the instant at which
 * as many are due. An arrival process of rate 1 mapped through it has the rates of the stages (a Poisson process stays
 * one).
 *
 * @returns a function from a number of requests, rising from call to call, to milliseconds; Infinity beyond the last
 *   stage
 */
export function stageClock(stages: readonly Stage[]): (requests: number) => number {
  let at = 0;
  let startMs = 0;
  let before = 0;
  return (requests) => {
    for (let stage = stages[at]; stage; stage = stages[++at]) {
      const { durationMs, from, to } = stage;
      const expected = ((from + to) / 2) * (durationMs / 1000);
      const inside = requests - before;
      if (inside < expected) return startMs + instantWithin(stage, inside);
      before += expected;
      startMs += durationMs;
    }
    return Number.POSITIVE_INFINITY;
  };
}

/** Solves from·t + (to − from)·t² / (2·duration) = requests, in the form that does not cancel. */
function instantWithin({ durationMs, from, to }: Stage, requests: number): number {
  const slope = ((to - from) * 1000) / durationMs;
  const divisor = from + Math.sqrt(Math.max(0, from * from + 2 * slope * requests));
  // A ramp from zero begins with its first request, and so does one whose square is too small for a number.
  return divisor === 0 ? 0 : (2000 * requests) / divisor;
}
