/** A server for all tests of a file, the SDK's client for it, and requests by hand. */
import OpenAI from 'openai';
import { afterAll, beforeAll } from 'vitest';
import type { RunningServer, ServerOptions } from '../../src/server/index.js';
import { startTestServer } from './server.js';

/** What the tests of a file use; there from the first test on. */
export interface UsedServer {
  server: RunningServer;
  client: OpenAI;
  /** Posts JSON on a connection of its own, so that each request can meet another thread. */
  post: (path: string, body: unknown) => Promise<Response>;
}

/** Call it at the top of a test file. */
export function useServer(options: Partial<ServerOptions> = {}): UsedServer {
  const used = {
    post: (path: string, body: unknown): Promise<Response> =>
      fetch(`${used.server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify(body),
      }),
  } as UsedServer;
  beforeAll(async () => {
    used.server = await startTestServer(options);
    used.client = new OpenAI({ baseURL: `${used.server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
  });
  afterAll(() => used.server.close());
  return used;
}
