/** A server that lists models and says what it was sent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListingServer {
  url: string;
  /** The authorization header of the last request. */
  readonly authorization: string | undefined;
  close(): Promise<void>;
}

/**
 * Starts one.
 *
 * @param answer - the body of every answer
 */
export async function startListingServer(answer: unknown, status = 200): Promise<ListingServer> {
  let authorization: string | undefined;
  const server = createServer((request, response) => {
    ({ authorization } = request.headers);
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get authorization() {
      return authorization;
    },
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
