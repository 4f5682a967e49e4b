/** Who sent a request, as far as the engine treats senders differently. */
import { hash32 } from '../../lib/random.js';
import type { GenerationRequest } from '../generation/generator.js';
import type { ApiRequest } from '../routing/api-request.js';
import { apiKeyOf } from '../limits/api-keys.js';

/** Whose requests share no cached blocks with others. */
export type CacheIsolation = 'none' | 'user' | 'key';

/** What a request's sender decides. */
export interface Sender extends Pick<GenerationRequest, 'cacheSalt' | 'sessionId' | 'priority'> {
  /** By lower-case name; no matter of the engine. */
  readonly headers?: ReadonlyMap<string, string>;
}

/** Below and above those of ordinary requests: OpenAI's service tiers as vLLM's priorities. */
const TIER_PRIORITIES: Readonly<Record<string, number>> = { priority: -1, fast: -1, flex: 1 };
const MAX_PRIORITY = 2 ** 31;

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * The sender of a request.
 *
 * - Conversation: the header `x-session-id`, else `prompt_cache_key`, else `user`.
 * - Cache salt: vLLM's `cache_salt`, and with isolation the user (`user`, `safety_identifier`) or the API key.
 * - Priority: vLLM's `priority`, else by `service_tier`.
 *
 * @param body - the request's, parsed
 */
export function senderOf(
  request: Pick<ApiRequest, 'header' | 'headers'>,
  body: Readonly<Record<string, unknown>>,
  isolation: CacheIsolation,
): Sender {
  const user = textOf(body.user) ?? textOf(body.safety_identifier);
  const session = request.header('x-session-id') ?? textOf(body.prompt_cache_key) ?? user;
  const salt = textOf(body.cache_salt);
  // An API key is a secret: what stands for it goes no further than a hash.
  const key = isolation === 'key' ? String(hash32(apiKeyOf(request.headers) ?? '')) : undefined;
  const tenant = isolation === 'user' ? user : key;
  const { priority } = body;
  const rank =
    typeof priority === 'number' && Math.abs(priority) < MAX_PRIORITY
      ? priority
      : (TIER_PRIORITIES[String(body.service_tier)] ?? 0);
  const sender: { -readonly [K in keyof Sender]: Sender[K] } = { headers: request.headers };
  if (session !== undefined) sender.sessionId = session;
  if ((salt ?? tenant) !== undefined) sender.cacheSalt = `${tenant ?? ''}/${salt ?? ''}`;
  if (rank !== 0) sender.priority = rank;
  return sender;
}
