/** Chooses the transport of a URL. */
import type { Clock } from '../../lib/clock.js';
import { Http1Transport } from './http1-transport.js';
import type { Route, Transport } from './transport.js';
import { UndiciTransport } from './undici-transport.js';

/**
 * Opens a transport: sockets of our own for `http:`, also through an `http:` proxy; undici for all that needs TLS.
 *
 * @param route - method, URL and headers of every request
 * @param clock - stamps the socket reads
 */
export const createTransport = (route: Route, clock: Clock): Transport =>
  route.url.protocol === 'https:' || route.proxy?.startsWith('https:')
    ? new UndiciTransport(route, clock)
    : new Http1Transport(route, clock);
