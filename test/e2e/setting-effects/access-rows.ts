/** The effects of the settings of `server` about who may ask. */
import { startServer } from '../../../src/server/index.js';
import { type Context, type EffectRow } from './situations.js';

const QUICK = { server: { port: 0, threads: 1, latency: 'instant' } };

/** What a server says when it is asked in several ways. */
async function askEach<T>(
  context: Context,
  asked: readonly Record<string, string>[],
  see: (response: Response) => T,
): Promise<T[]> {
  const server = await startServer(await context.server(QUICK));
  const seen = await Promise.all(
    asked.map(async (headers) => see(await fetch(`${server.url}/v1/models`, { headers }))),
  );
  await server.close();
  return seen;
}

const KEYS = ['none', 'in-file', 'one', 'two', 'flag'].map((key) => ({ authorization: `Bearer ${key}` }));
const ORIGINS = ['http://file', 'http://one', 'http://flag'].map((origin) => ({ origin }));

export const ACCESS_ROWS: EffectRow[] = [
  {
    path: 'server.apiKey',
    given: [['in-file'], 'one,two', ['flag']],
    seen: [
      [200, 200, 200, 200, 200],
      [401, 200, 401, 401, 401],
      [401, 401, 200, 200, 401],
      [401, 401, 401, 401, 200],
    ],
    observe: (context) => askEach(context, KEYS, ({ status }) => status),
  },
  {
    path: 'server.requireApiKey',
    given: [true, 'auto', 'true'],
    // With a key of any kind, and with none.
    seen: [
      [200, 200],
      [200, 401],
      [200, 200],
      [200, 401],
    ],
    observe: (context) => askEach(context, [{ authorization: 'Bearer any' }, {}], ({ status }) => status),
  },
  {
    path: 'server.corsOrigin',
    given: [['http://file'], 'http://one', ['http://flag']],
    seen: [
      ['*', '*', '*'],
      ['http://file', null, null],
      [null, 'http://one', null],
      [null, null, 'http://flag'],
    ],
    observe: (context) =>
      askEach(context, ORIGINS, ({ headers }) => headers.get('access-control-allow-origin')),
  },
];
