/** Settings of a fleet that are written as a text. */
import { parseDurationMs } from '../../lib/duration.js';
import { FakeaiError } from '../../lib/errors.js';
import type { FailureEvent } from '../cluster/failures.js';
import type { AdaptiveOptions } from '../cluster/router/adaptive.js';
import type { RouterSettings } from './fleet-settings.js';

const refuse = (where: string, problem: string, hint: string): FakeaiError<'FAKEAI_SETTING_INVALID'> =>
  new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem, hint });

const FAILURE = /^(crash|slow|thermal|xid(\d+)):(\d+)@([^+*]+)\+([^+*]+)(?:\*([\d.]+))?$/;
const FAILURE_HINT =
  'Write KIND:REPLICA@AT+FOR, such as crash:1@30s+10s, xid79:0@1m+20s, slow:2@0s+5m*3 or thermal:0@10s+1m*1.5.';

/**
 * Parses `KIND:REPLICA@AT+FOR`, with `*FACTOR` for kinds that slow a replica down. AT counts from the start, FOR is how
 * long it lasts or the replica is down.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseFailure(text: string): FailureEvent {
  const match = FAILURE.exec(text.trim());
  const atMs = match && parseDurationMs(match[4]!, 's');
  const lastsMs = match && parseDurationMs(match[5]!, 's');
  if (!match || atMs == null || lastsMs == null) {
    throw refuse('failure', `"${text}" is not a failure`, FAILURE_HINT);
  }
  const [, kind, code, replicaText, , , factorText] = match;
  const replica = Number(replicaText);
  const slows = kind === 'slow' || kind === 'thermal';
  if (slows !== (factorText !== undefined)) {
    throw refuse('failure', `"${text}" ${slows ? 'needs a factor' : 'cannot have a factor'}`, FAILURE_HINT);
  }
  if (kind === 'slow' || kind === 'thermal') {
    const factor = Number(factorText);
    if (!(factor >= 1)) {
      throw refuse(
        'failure',
        `"${text}" would make the replica faster: its factor must be 1 or more`,
        FAILURE_HINT,
      );
    }
    return { kind, replica, atMs, durationMs: lastsMs, factor };
  }
  if (code !== undefined) return { kind: 'xid', replica, atMs, code: Number(code), downMs: lastsMs };
  return { kind: 'crash', replica, atMs, downMs: lastsMs };
}

/**
 * Parses `NAME=NUMBER,…`.
 *
 * @param names - those that are allowed
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
function parseNumbers<N extends string>(
  where: string,
  text: string,
  names: readonly N[],
): Partial<Record<N, number>> {
  const numbers: Partial<Record<N, number>> = {};
  const hint = `Write NAME=NUMBER with commas between; names are ${names.join(', ')}.`;
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=', 2).map((side) => side.trim());
    const number = Number(value);
    if (!names.includes(name as N) || value === '' || !(number >= 0)) {
      throw refuse(where, `"${part.trim()}" is not one of its parts`, hint);
    }
    numbers[name as N] = number;
  }
  if (Object.values<number | undefined>(numbers).every((number) => number === 0)) {
    throw refuse(where, 'has no part above 0', hint);
  }
  return numbers;
}

/** Weights of the adaptive router's objectives; what is not named weighs nothing. */
export function parseObjectives(text: string | undefined): AdaptiveOptions {
  if (text === undefined) return {};
  const weights = parseNumbers('router-objectives', text, ['latency', 'throughput', 'cost']);
  return {
    latencyWeight: weights.latency ?? 0,
    throughputWeight: weights.throughput ?? 0,
    costWeight: weights.cost ?? 0,
  };
}

type RouterName = RouterSettings['router'];
const ROUTERS: readonly RouterName[] = ['round-robin', 'random', 'least-loaded', 'kv', 'adaptive'];

/**
 * Parses routers and their shares of the traffic: two of them or more.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseSplit(text: string): { name: RouterName; share: number }[] {
  const arms = Object.entries(parseNumbers('ab-split', text, ROUTERS)).map(([name, share]) => ({
    name: name as RouterName,
    share,
  }));
  if (arms.length > 1) return arms;
  const problem = `"${text}" splits nothing: it has one router`;
  throw refuse('ab-split', problem, `Add another one, or use --router ${arms[0]!.name} instead.`);
}
