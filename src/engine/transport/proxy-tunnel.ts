/** A way through an HTTP proxy: its `CONNECT` (RFC 9110, section 9.3.6) makes a connection to the endpoint itself. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '../../lib/errors.js';
import { redactUrl } from '../../results/redact.js';
import type { Security } from './transport.js';

/** Longest answer to `CONNECT`. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = '\r\n\r\n';

/** The credentials of a proxy's URL as it wants to have them; undefined without any. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/** A stray percent sign stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The host of a URL as sockets want it, and its port. */
export const addressOf = (url: URL): { host: string; port: number } => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
});

/**
 * Opens a tunnel.
 *
 * @param authority - of the endpoint, `host:port`
 * @param done - called once, with the connection or with what went wrong; not after the socket was destroyed
 * @returns the socket to the proxy, to be destroyed by whoever gives up
 */
export function openTunnel(
  proxy: URL,
  authority: string,
  { ca, insecure = false }: Security,
  done: (...result: [error: Error, socket: null] | [error: null, socket: Socket]) => void,
): Socket {
  const address = addressOf(proxy);
  const socket =
    proxy.protocol === 'https:'
      ? connectTls({
          ...address,
          ...(isIP(address.host) === 0 && { servername: address.host }),
          ...(ca !== undefined && { ca }),
          rejectUnauthorized: !insecure,
        })
      : connectTcp(address);
  socket.setNoDelay(true);
  let head = '';
  const settle = (error: Error | null): void => {
    socket.off('data', onData).off('end', onEnd).off('error', onError);
    if (error) {
      socket.destroy();
      done(error, null);
    } else done(null, socket);
  };
  const refuse = (problem: string): void =>
    settle(new Error(`the proxy ${redactUrl(proxy.href)} ${problem} for CONNECT ${authority}`));
  const onData = (bytes: Buffer): void => {
    head += bytes.toString('latin1');
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) refuse('gave an endless answer');
      return;
    }
    const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)/.exec(head) ?? [];
    if (status === undefined) refuse('did not answer with HTTP');
    else if (!status.startsWith('2')) refuse(`answered ${status} ${reason}`.trimEnd());
    // An endpoint does not speak first: what stands behind the head is nobody's.
    else if (head.length > end + HEAD_END.length) refuse('sent more than its answer');
    else settle(null);
  };
  const onEnd = (): void => refuse('closed the connection');
  const onError = (error: Error): void => {
    const code = (error as NodeJS.ErrnoException).code;
    const told = new Error(`the proxy ${redactUrl(proxy.href)}: ${messageOf(error)}`);
    settle(code === undefined ? told : Object.assign(told, { code }));
  };
  socket.on('data', onData).on('end', onEnd).on('error', onError);
  socket.once(proxy.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
    const authorization = proxyAuthorization(proxy);
    const credentials = authorization === undefined ? '' : `proxy-authorization: ${authorization}\r\n`;
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentials}\r\n`);
  });
  return socket;
}
