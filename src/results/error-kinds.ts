/** The taxonomy of failed requests. Each kind is told apart because the person who reads it does something else. */
export const ERROR_KINDS = {
  dns: 'the host name could not be resolved',
  connect_refused: 'nothing listens at the address',
  connect_failed: 'no connection could be made (unreachable, or timed out while connecting)',
  tls: 'the TLS handshake failed (certificate, protocol)',
  connection_reset: 'the connection broke before the response headers were complete',
  timeout: 'no complete answer within --timeout',
  http_401: 'HTTP 401: the key is missing or wrong',
  http_403: 'HTTP 403: the key may not do this',
  http_404: 'HTTP 404: wrong path or unknown model',
  http_429: 'HTTP 429: rate limit',
  http_3xx: 'HTTP 3xx: a redirect, which is not followed',
  http_4xx: 'another HTTP 4xx: the request was refused',
  http_5xx: 'HTTP 5xx: the server failed',
  invalid_http: 'the bytes are not an HTTP response',
  not_json: 'the answer is not what was asked for (HTML instead of JSON, say)',
  malformed_sse: 'an event of the stream is not valid',
  stream_error: 'the server reported an error inside the stream',
  truncated: 'the connection broke in the middle of the response',
  no_done: 'the stream ended without [DONE]',
} as const;

export type ErrorKind = keyof typeof ERROR_KINDS;

/** The kind of an HTTP status outside 2xx. */
export function errorKindOfStatus(status: number): ErrorKind {
  const own = `http_${status}`;
  if (own in ERROR_KINDS) return own as ErrorKind;
  if (status >= 500) return 'http_5xx';
  return status >= 400 ? 'http_4xx' : 'http_3xx';
}
