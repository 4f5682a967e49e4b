/** A server for tests: the built threads on any free port. */
import { serverSchema } from '../../src/config/schema.js';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.js';

export const TEST_OPTIONS: ServerOptions = {
  ...serverSchema.parse({}),
  host: '127.0.0.1',
  port: 0,
  threads: 2,
  model: ['fakeai-1', 'org/other:1'],
  models: [],
  unknownModels: 'refuse',
  unknownResources: '404',
  latency: 'instant',
  ttft: 200,
  itl: 20,
  jitter: 0.1,
  seed: 7,
  bodyLimit: 1024 * 1024,
  maxConnections: 1000,
  drain: 5000,
  dataLimit: 64 * 1024 * 1024,
  batchConcurrency: 16,
  fineTuneDuration: 500,
  ingestDuration: 0,
  batchWindow: 24 * 3_600_000,
};

/** Starts a server with {@link TEST_OPTIONS} but for what is given. */
export const startTestServer = (options: Partial<ServerOptions> = {}): Promise<RunningServer> =>
  startServer({ ...TEST_OPTIONS, ...options });

/** Posts a chat request; the connection is closed afterwards, so that each request can meet another thread. */
export const postChat = (url: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });

/** The data of all events of a stream. */
export const eventsOf = (text: string): string[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''));

interface Chunk {
  id: string;
  choices: { index: number; delta: { role?: string; content?: string }; finish_reason: string | null }[];
  usage?: Record<string, unknown> | null;
}

/** A stream put together again, in the shape of a whole answer. */
export function assemble(text: string): {
  id: string;
  contents: string[];
  reasons: (string | null)[];
  usage: unknown;
} {
  const events = eventsOf(text);
  if (events.pop() !== '[DONE]') throw new Error('the stream does not end with [DONE]');
  const contents: string[] = [];
  const reasons: (string | null)[] = [];
  let id = '';
  let usage: unknown;
  for (const event of events) {
    const chunk = JSON.parse(event) as Chunk;
    id = chunk.id;
    usage = chunk.usage ?? usage;
    for (const { index, delta, finish_reason: reason } of chunk.choices) {
      contents[index] = (contents[index] ?? '') + (delta.content ?? '');
      reasons[index] = reason;
    }
  }
  return { id, contents, reasons, usage };
}
