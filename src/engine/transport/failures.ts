/** From what Node, OpenSSL and undici throw to the kinds of failure that a reader can act on. */
import { messageOf } from '../../lib/errors.js';
import type { ErrorKind } from '../../results/error-kinds.js';
import type { TransportFailure } from './transport.js';

/** How far the exchange had come: no connection, no complete response head, or in the response body. */
export type Phase = 'connecting' | 'waiting' | 'receiving';

const DNS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA']);
/** OpenSSL's verification results carry neither prefix; all others do. */
const CERTIFICATE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|EPROTO$|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$|ERROR_IN_CERT_)/;
/** undici's, beside its HTTPParserError. */
const INVALID_HTTP =
  /^(?:UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_RES_EXCEEDED_MAX_SIZE)$/;

const codeOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return '';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
};

/** undici's; an end of the connection that comes too soon is one as well, but not the kind meant here. */
const isParserError = (error: unknown): boolean =>
  error instanceof Error && error.name === 'HTTPParserError' && codeOf(error) !== 'HPE_INVALID_EOF_STATE';

/** The message of an error; of each attempt when several addresses of one host were tried. */
const describe = (error: unknown): string =>
  error instanceof AggregateError && error.message === ''
    ? error.errors.map(messageOf).join('; ')
    : messageOf(error);

/**
 * Classifies a failure of the connection.
 *
 * @param error - what the socket or the library reported
 * @param phase - how far the exchange had come
 * @param secure - whether the connection is a TLS one
 */
export function failureOf(error: unknown, phase: Phase, secure: boolean): TransportFailure {
  return { kind: kindOf(error, phase, secure), message: describe(error) };
}

function kindOf(error: unknown, phase: Phase, secure: boolean): ErrorKind {
  const code = codeOf(error);
  if (DNS.has(code)) return 'dns';
  if (CERTIFICATE.test(code)) return 'tls';
  if (isParserError(error) || INVALID_HTTP.test(code)) return 'invalid_http';
  if (phase === 'connecting') {
    if (code === 'ECONNREFUSED') return 'connect_refused';
    // The address answered, and then hung up in the middle of the handshake.
    return secure && (code === 'ECONNRESET' || code === 'EPIPE') ? 'tls' : 'connect_failed';
  }
  return phase === 'waiting' ? 'connection_reset' : 'truncated';
}

/** The server closed the connection in good order, but too early. */
export const closedEarly = (phase: Phase): TransportFailure =>
  phase === 'receiving'
    ? { kind: 'truncated', message: 'the server closed the connection in the middle of the response' }
    : { kind: 'connection_reset', message: 'the server closed the connection without a response' };
