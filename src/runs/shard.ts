/** The part of a plan that this machine runs, and when it starts. */
import { FakeaiError } from '../lib/errors.js';
import type { Shard } from '../workloads/plan.js';

const MOST_SHARDS = 10_000;

/**
 * Parses `K/N`.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseShard(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [k = 0, count = 0] = text.split('/').map(Number);
  if (count >= 1 && count <= MOST_SHARDS && k >= 1 && k <= count) return { index: k - 1, count };
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: `--shard ${text.trim()}`,
    problem: `is not a part from 1 to N, of N from 1 to ${MOST_SHARDS}`,
    hint: 'Write 1/4 on the first of four machines, 4/4 on the last.',
  });
}

/** Further ahead than this, somebody has mistyped a date. */
const FURTHEST_MS = 24 * 3_600_000;
const ZONED = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)$/;

/**
 * Parses an instant: ISO 8601 with its zone (machines may be in different ones), or seconds since 1970 as `date +%s`
 * prints them.
 *
 * @param nowMs - milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws FakeaiError FAKEAI_SETTING_INVALID, also for an instant that has passed or is more than a day ahead
 */
export function parseStartAt(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const written = text.trim();
  const refuse = (problem: string): never => {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `--start-at ${written.slice(0, 60)}`,
      problem,
      hint: 'Write an instant a little ahead, such as 2030-01-31T12:00:00Z, or $(( $(date +%s) + 30 )).',
    });
  };
  const atMs = /^\d+(\.\d+)?$/.test(written)
    ? Number(written) * 1000
    : ZONED.test(written)
      ? Date.parse(written.replace(' ', 'T'))
      : Number.NaN;
  if (Number.isNaN(atMs)) return refuse('is not an instant with its time zone');
  if (atMs <= nowMs) return refuse('has passed');
  if (atMs > nowMs + FURTHEST_MS) return refuse('is more than a day ahead');
  return atMs;
}
