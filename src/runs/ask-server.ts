/** Asks a running server about itself. */
import { request } from 'undici';
import type * as z from 'zod';
import { FakeaiError, messageOf } from '../lib/errors.js';
import {
  cacheViewSchema,
  serverHealthSchema,
  serverViewSchema,
  type CacheView,
  type ServerHealth,
  type ServerView,
} from '../results/server-view.js';

const TIMEOUT_MS = 10_000;

/**
 * Fetches a page as text.
 *
 * @param base - of the server, with or without `/v1`
 * @throws FakeaiError FAKEAI_SERVER_UNREACHABLE when nobody answers, FAKEAI_SERVER_FOREIGN for another status than 200
 */
export async function askText(base: string, path: string, signal?: AbortSignal): Promise<string> {
  const url = `${base.replace(/\/+$/, '')}${path}`;
  let status: number;
  let text: string;
  try {
    const response = await request(url, {
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      ...(signal && { signal }),
    });
    status = response.statusCode;
    text = await response.body.text();
  } catch (error) {
    const problem = messageOf(error instanceof AggregateError ? error.errors[0] : error);
    throw new FakeaiError('FAKEAI_SERVER_UNREACHABLE', { url: base, problem }, { cause: error });
  }
  if (status !== 200)
    throw new FakeaiError('FAKEAI_SERVER_FOREIGN', { url: base, problem: `${path} has status ${status}` });
  return text;
}

async function ask<T>(base: string, path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
  const text = await askText(base, path, signal);
  const foreign = (): FakeaiError =>
    new FakeaiError('FAKEAI_SERVER_FOREIGN', { url: base, problem: `${path} has another content` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw foreign();
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw foreign();
  return parsed.data;
}

/** Everything that the server counted, by model, route and replica. */
export const askView = (base: string, signal?: AbortSignal): Promise<ServerView> =>
  ask(base, '/metrics/json', serverViewSchema, signal);

export const askHealth = (base: string, signal?: AbortSignal): Promise<ServerHealth> =>
  ask(base, '/health/detailed', serverHealthSchema, signal);

export const askCache = (base: string, signal?: AbortSignal): Promise<CacheView> =>
  ask(base, '/kv-cache-metrics', cacheViewSchema, signal);
