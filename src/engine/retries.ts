/** What is tried again, and when: as the SDKs of OpenAI and Anthropic do it. */
import { createRandom } from '../lib/random.js';
import type { ErrorKind } from '../results/error-kinds.js';
import type { Retries } from '../workloads/plan.js';

/** Failures that another attempt may not have, before anything of an answer was used. */
const RETRIED: ReadonlySet<ErrorKind> = new Set([
  'dns',
  'connect_refused',
  'connect_failed',
  'connection_reset',
  'http_429',
  'http_5xx',
]);

/** Backoff grows up to this. */
const LONGEST_BACKOFF_MS = 8000;
/** A server that asks for a longer pause is not waited for: the backoff holds. */
const LONGEST_ASKED_MS = 60_000;
/** Backoffs are shortened by up to this share at random, so that clients do not come back together. */
const JITTER = 0.25;

/** Whether a failed attempt is followed by another one. */
export const isRetried = (retries: Retries | undefined, kind: ErrorKind, attempt: number): boolean =>
  retries !== undefined && attempt <= retries.most && RETRIED.has(kind);

/**
 * The pause before the next attempt, milliseconds: what the server asked for, else a backoff that doubles.
 *
 * @param attempt - which one failed, from 1
 * @param retryAfter - the header of the answer, if there was one: seconds, or a date
 * @param wallMs - now, milliseconds since 1970
 * @param of - what names the request: the seed, and its place in the plan
 */
export function retryDelayMs(
  { backoffMs }: Retries,
  attempt: number,
  retryAfter: string | undefined,
  wallMs: number,
  of: { seed: number; index: number; turn: number },
): number {
  const askedMs = retryAfter === undefined ? undefined : askedFor(retryAfter.trim(), wallMs);
  if (askedMs !== undefined && askedMs <= LONGEST_ASKED_MS) return askedMs;
  const random = createRandom(of.seed, 'retry', of.index, of.turn, attempt);
  return Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** (attempt - 1)) * (1 - JITTER * random.next());
}

function askedFor(retryAfter: string, wallMs: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const atMs = Date.parse(retryAfter);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - wallMs);
}
