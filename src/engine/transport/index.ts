/** Chooses the transport of a URL. */
import type { Clock } from '../../lib/clock.js';
import { Http1Transport } from './http1-transport.js';
import type { Route, Transport } from './transport.js';

/**
 * Opens a transport: sockets of our own for `http:`, also through an `http:` proxy; undici for all that needs TLS.
 *
 * @param route - method, URL and headers of every request
 * @param clock - stamps the socket reads
 */
export async function createTransport(route: Route, clock: Clock): Promise<Transport> {
  if (route.url.protocol !== 'https:' && !route.proxy?.startsWith('https:'))
    return new Http1Transport(route, clock);
  // 80 ms and 20 MB of every thread, which most runs do not need.
  const { UndiciTransport } = await import('./undici-transport.js');
  return new UndiciTransport(route, clock);
}
