/** What people write about sessions: how many turns, and the time between them. */
import { parseDurationMs } from '../lib/duration.js';
import { FakeaiError } from '../lib/errors.js';
import { parseLength } from './lengths.js';
import type { LengthDistribution, Workload } from './plan.js';

/** Most requests of one session; samples are cut here. Each turn repeats all before it. */
export const MAX_TURNS = 1000;

function refuse(where: string, text: string, what: string, hint: string): never {
  const quoted = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem: `'${quoted}' is not ${what}`, hint });
}

function distribution(text: string, where: string): LengthDistribution | undefined {
  try {
    return parseLength(text, where);
  } catch (error) {
    // Its message speaks of tokens.
    if (error instanceof FakeaiError) return undefined;
    throw error;
  }
}

/**
 * Reads a number of turns: `5`, `uniform(2,8)`, `normal(4,2)`, `lognormal(3,0.5)`.
 *
 * @param where - what to call the setting in an error, such as `--turns`
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseTurns(text: string, where: string): LengthDistribution {
  const parsed = distribution(text, where);
  const most = parsed?.kind === 'fixed' ? parsed.value : parsed?.kind === 'uniform' ? parsed.max : 1;
  if (parsed && most <= MAX_TURNS) return parsed;
  const hint = 'Give a number such as 5, or uniform(a,b), normal(mean,sd) or lognormal(median,sigma).';
  return refuse(where, text, `a number of turns from 1 to ${MAX_TURNS}`, hint);
}

/** A number with a unit, inside a distribution. */
const WITH_UNIT = /([\d.]+)\s*(?:us|µs|ms|s|m|h)\b/g;

/**
 * Reads the time between turns: a duration such as `2s` or `0`, or a distribution of durations such as
 * `normal(2s,500ms)` or `lognormal(2s,0.7)`. Bare numbers are in milliseconds, samples are whole ones from 1 on.
 *
 * @param where - what to call the setting in an error, such as `--turn-delay`
 * @returns milliseconds
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseTurnDelay(text: string, where: string): LengthDistribution {
  const value = parseDurationMs(text, 'ms');
  if (value !== undefined) return { kind: 'fixed', value };
  const inMs = text.replace(WITH_UNIT, (each) => String(parseDurationMs(each, 'ms') ?? each));
  const parsed = text.includes('(') ? distribution(inMs, where) : undefined;
  if (parsed) return parsed;
  const hint =
    'Give a duration such as 2s, or uniform(500ms,3s), normal(2s,500ms) or lognormal(2s,0.7), from 1 ms on.';
  return refuse(where, text, 'a time between turns', hint);
}

/** Whether requests follow on the answers to others. */
export const hasSessions = (workload: Workload): boolean =>
  workload.kind === 'dataset'
    ? workload.sessions
    : workload.kind === 'synthetic' && workload.session !== undefined;
