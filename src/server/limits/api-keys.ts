/** Who asks, and whether they may: `--api-key`. */
import { ApiError } from '../protocols/openai/errors.js';
import type { Route } from '../routing/route.js';

/** What browsers have instead of headers, in the protocols that they offer for a WebSocket. */
const KEY_PROTOCOL = 'openai-insecure-api-key.';
/** Keys that stand for one realtime session; the operation itself knows them. */
export const SECRET_PREFIX = 'ek_';
/** The operations that do. */
const SECRET_OPERATIONS = new Set([
  'openRealtime',
  'create-realtime-call',
  'answerRealtimeOffer',
  'openRealtimeTranslation',
  'createRealtimeTranslationCall',
]);

type Headers = ReadonlyMap<string, string>;

/** The key of a request: as OpenAI, Azure and Anthropic take it, or as a browser's WebSocket offers it. */
export function apiKeyOf(headers: Headers): string | undefined {
  const authorization = headers.get('authorization');
  if (authorization !== undefined) return authorization.replace(/^Bearer\s+/i, '').trim();
  const key = headers.get('x-api-key') ?? headers.get('api-key');
  if (key !== undefined) return key.trim();
  const offered = (headers.get('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  return offered.find((one) => one.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
}

/** Whom the server lets in. */
export interface KeyPolicy {
  /** Whether a request needs a key. */
  required: boolean;
  /** The keys that are good; any is when there are none. */
  keys: ReadonlySet<string>;
}

/** What the settings say about keys. */
export function keyPolicyOf({
  apiKey = [],
  requireApiKey = 'auto',
}: {
  apiKey?: readonly string[] | undefined;
  requireApiKey?: 'auto' | boolean | undefined;
}): KeyPolicy {
  return { keys: new Set(apiKey), required: requireApiKey === 'auto' ? apiKey.length > 0 : requireApiKey };
}

/**
 * Lets a request with a good key through.
 *
 * @throws ApiError 401
 */
export function checkApiKey(
  { keys, required }: KeyPolicy,
  { open, operationId }: Route,
  headers: Headers,
): void {
  if (!required || open) return;
  const key = apiKeyOf(headers);
  if (key === undefined || key === '') {
    throw unauthorized(
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    );
  }
  const isSecret = key.startsWith(SECRET_PREFIX) && SECRET_OPERATIONS.has(operationId);
  if (keys.size === 0 || keys.has(key) || isSecret) return;
  throw wrongApiKey(key);
}

/** The key is none, or void; it is not shown whole. */
export const wrongApiKey = (key: string): ApiError =>
  unauthorized(`Incorrect API key provided: ${masked(key)}. The server takes those of its --api-key.`);

const SHOWN = 4;
const masked = (key: string): string =>
  key.length <= 3 * SHOWN
    ? '***'
    : `${key.slice(0, SHOWN)}***${key.slice(-SHOWN)}`.replaceAll(/[^!-~]/g, '?');

const unauthorized = (message: string): ApiError =>
  new ApiError({
    status: 401,
    message,
    code: 'invalid_api_key',
    headers: 'www-authenticate: Bearer realm="fakeai"\r\n',
  });
