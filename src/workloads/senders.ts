/** Who sends the requests of a plan: tenants, whose caches are apart, and how urgent requests are. */
import { createRandom } from '../lib/random.js';
import { FakeaiError } from '../lib/errors.js';
import type { Plan, Senders } from './plan.js';

/** Of one request, or of all turns of a session. */
export interface Sender {
  /** From 0. */
  tenant?: number;
  /** Lower goes first, as in vLLM. */
  priority?: number;
}

/** The sender of a request (or session); undefined for plans that name none. */
export function senderOf({
  senders,
  seed,
}: Pick<Plan, 'senders' | 'seed'>): ((index: number) => Sender) | undefined {
  if (!senders) return undefined;
  const { tenants, priorities } = senders;
  return (index) => ({
    ...(tenants !== undefined && { tenant: createRandom(seed, 'tenant', index).int(tenants) }),
    ...(priorities && { priority: priorityAt(priorities, createRandom(seed, 'priority', index).next()) }),
  });
}

function priorityAt(priorities: NonNullable<Senders['priorities']>, share: number): number {
  const total = priorities.reduce((sum, { weight }) => sum + weight, 0);
  let left = share * total;
  for (const { priority, weight } of priorities) {
    left -= weight;
    if (left < 0) return priority;
  }
  return priorities.at(-1)!.priority;
}

/**
 * What a sender adds to a body: `priority` and `cache_salt` are vLLM's, `user` is OpenAI's. With a comma before it.
 */
export const senderMembers = ({ tenant, priority }: Sender): string =>
  (tenant === undefined ? '' : `,"user":"tenant-${tenant}","cache_salt":"tenant-${tenant}"`) +
  (priority === undefined ? '' : `,"priority":${priority}`);

const MOST_PRIORITIES = 100;

/**
 * Reads `PRIORITY=WEIGHT,…`, such as `0=9,-1=1`: of ten requests, nine of priority 0 and one more urgent.
 *
 * @param where - what to call the setting in an error
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parsePriorities(text: string, where: string): NonNullable<Senders['priorities']> {
  const priorities = text.split(',').map((part) => {
    const [, priority, weight] = /^\s*(-?\d{1,9})\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    return { priority: Number(priority), weight: Number(weight) };
  });
  const known = new Set(priorities.map(({ priority }) => priority));
  const fits =
    priorities.length <= MOST_PRIORITIES &&
    known.size === priorities.length &&
    priorities.every(({ weight }) => weight >= 0) &&
    priorities.some(({ weight }) => weight > 0);
  if (fits) return priorities;
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where,
    problem: `'${text.slice(0, 60)}' is not a list of priorities`,
    hint: 'Write PRIORITY=WEIGHT with commas between, such as 0=9,-1=1: each priority once, lower goes first.',
  });
}
