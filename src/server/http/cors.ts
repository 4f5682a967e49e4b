/** Requests of web pages from other origins (the Fetch standard, "CORS protocol"). */
import type { RequestHead } from './request-head.js';

const ANY = '*';
const MAX_AGE_S = 86_400;

/**
 * The lines that let a page read an answer, each ended by CRLF; none for requests that do not come from a page.
 *
 * @param origins - of pages that may; `*` is every one
 */
export function corsHeaders(origins: readonly string[], { headers }: RequestHead): string {
  const origin = headers.get('origin');
  if (origin === undefined) return '';
  if (origins.includes(ANY)) return lines(ANY);
  return origins.includes(origin) ? `${lines(origin)}vary: origin\r\n` : 'vary: origin\r\n';
}

const lines = (origin: string): string =>
  `access-control-allow-origin: ${origin}\r\naccess-control-expose-headers: *\r\n`;

/**
 * What `OPTIONS` answers besides.
 *
 * @param allowed - methods of the path
 */
export function preflightHeaders(allowed: readonly string[], { headers }: RequestHead): string {
  const methods = allowed.join(', ');
  if (!headers.has('access-control-request-method')) return `allow: ${methods}\r\n`;
  const wanted = headers.get('access-control-request-headers') ?? ANY;
  return `allow: ${methods}\r\naccess-control-allow-methods: ${methods}\r\naccess-control-allow-headers: ${wanted}\r\naccess-control-max-age: ${MAX_AGE_S}\r\n`;
}
