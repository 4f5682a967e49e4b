/** The effects of the settings of `server` about who may ask, and where. */
import { startServer } from '../../../src/server/index.js';
import { CallClient } from '../../support/call-client.js';
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

/** Addresses and ports in the answer to the offer of a call. */
async function candidatesTold(context: Context): Promise<{ address: string; port: number }[]> {
  const server = await startServer(await context.server(QUICK));
  const caller = new CallClient();
  const answer = await fetch(`${server.url}/v1/realtime/calls?model=gpt-realtime`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: await caller.offer(),
  });
  const sdp = await answer.text();
  await caller.close();
  await server.close();
  return [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+)/gm)].map(([, address, port]) => ({
    address: address!,
    port: Number(port),
  }));
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
    path: 'server.webrtcAddress',
    given: [['203.0.113.1'], '203.0.113.2', ['203.0.113.3']],
    seen: [['127.0.0.1'], ['203.0.113.1'], ['203.0.113.2'], ['203.0.113.3']],
    observe: async (context) => [...new Set((await candidatesTold(context)).map(({ address }) => address))],
  },
  {
    path: 'server.webrtcPorts',
    given: ['21000-21009', '22000-22009', '23000-23009'],
    seen: ['other', 21, 22, 23],
    observe: async (context) => {
      const [told] = await candidatesTold(context);
      const thousand = Math.floor(told!.port / 1000);
      return told!.port % 1000 < 10 && [21, 22, 23].includes(thousand) ? thousand : 'other';
    },
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
