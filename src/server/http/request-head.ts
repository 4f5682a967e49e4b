/** The head of an HTTP/1.1 request: its line and headers, from text to what they mean. */

/** The first part of a request. Shared between requests with equal heads: never change one. */
export interface RequestHead {
  readonly method: string;
  /** Path without the query, as sent (not decoded). */
  readonly path: string;
  /** The query without its question mark; empty without one. */
  readonly query: string;
  /** By lower-case name; repeated ones joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** HTTP/1.0, which knows no chunks. */
  readonly http10: boolean;
  /** The client wants to send another request on this connection. */
  readonly keepAlive: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Size of the body; -1 when it is chunked. */
  readonly bodyLength: number;
}

/** The bytes are not a request that can be answered; the connection must be closed after the answer. */
export class ProtocolError extends Error {
  constructor(
    readonly status: 400 | 413 | 415 | 417 | 431 | 501 | 505,
    message: string,
  ) {
    super(message);
  }
}

// Visible characters, space, tab and bytes above 127: no other control characters.
const TEXT = '[\\t\\x20-\\x7e\\x80-\\xff]';
const HEAD = new RegExp(
  `^[!-~]+ [!-~\\x80-\\xff]+ HTTP/\\d\\.\\d(?:\\r\\n[!#$%&'*+.^_\`|~0-9A-Za-z-]+:${TEXT}*)*$`,
);

/** Parses everything before the empty line. */
export function parseHead(text: string): RequestHead {
  if (!HEAD.test(text)) throw new ProtocolError(400, 'malformed request line or header');
  const lineEnd = text.indexOf('\r\n');
  const [method, target, version] = (lineEnd < 0 ? text : text.slice(0, lineEnd)).split(' ') as [
    string,
    string,
    string,
  ];
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
    throw new ProtocolError(505, `${version} is not supported; use HTTP/1.1`);
  }
  const http10 = version === 'HTTP/1.0';
  const headers = lineEnd < 0 ? new Map<string, string>() : parseHeaders(text, lineEnd + 2);
  if (!http10 && !headers.has('host')) throw new ProtocolError(400, 'the Host header is missing');
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  return {
    method,
    ...splitTarget(target),
    headers,
    http10,
    keepAlive: http10 ? hasToken(connection, 'keep-alive') : !hasToken(connection, 'close'),
    expectsContinue: expectsContinue(headers, http10),
    bodyLength: bodyLengthOf(headers, http10),
  };
}

/** Headers that must not be sent twice, because two readers could pick different ones. */
const SINGLE = new Set(['content-length', 'transfer-encoding', 'host']);

function parseHeaders(text: string, start: number): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = start; at <= text.length;) {
    const colon = text.indexOf(':', at);
    const next = text.indexOf('\r\n', colon);
    const end = next < 0 ? text.length : next;
    const name = text.slice(at, colon).toLowerCase();
    const value = trimBlanks(text, colon + 1, end);
    const earlier = headers.get(name);
    if (earlier !== undefined && SINGLE.has(name))
      throw new ProtocolError(400, `the ${name} header is repeated`);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
    at = end + 2;
  }
  return headers;
}

/** Without leading and trailing spaces and tabs (String.trim would take more). */
function trimBlanks(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const hasToken = (list: string, token: string): boolean =>
  list === token || (list.includes(token) && list.split(',').some((item) => item.trim() === token));

function bodyLengthOf(headers: ReadonlyMap<string, string>, http10: boolean): number {
  const length = headers.get('content-length');
  const encoding = headers.get('transfer-encoding');
  if (encoding !== undefined) {
    if (length !== undefined)
      throw new ProtocolError(400, 'both Content-Length and Transfer-Encoding are given');
    if (http10) throw new ProtocolError(400, 'HTTP/1.0 has no Transfer-Encoding');
    if (encoding.toLowerCase() !== 'chunked')
      throw new ProtocolError(501, 'only the chunked Transfer-Encoding is known');
    return -1;
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw new ProtocolError(400, 'malformed Content-Length');
  return Number(length);
}

function expectsContinue(headers: ReadonlyMap<string, string>, http10: boolean): boolean {
  const expect = headers.get('expect');
  if (expect === undefined || http10) return false;
  if (expect.toLowerCase() !== '100-continue') throw new ProtocolError(417, `cannot meet Expect: ${expect}`);
  return true;
}

/** Path and query of `/path?query`, `http://host/path?query` or `*`. */
function splitTarget(target: string): { path: string; query: string } {
  let rest = target;
  if (!rest.startsWith('/') && rest !== '*') {
    const match = /^https?:\/\/[^/?#]+/i.exec(rest);
    if (!match) throw new ProtocolError(400, 'malformed request target');
    rest = rest.slice(match[0].length);
    if (!rest.startsWith('/')) rest = `/${rest}`;
  }
  const mark = rest.indexOf('?');
  return mark < 0 ? { path: rest, query: '' } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
}
