/** The effects of what only a live cluster has, whose requests have senders: seen by clients of a server. */
import type { RunningServer } from '../../../src/server/index.js';
import { startServer } from '../../../src/server/index.js';
import { chatBytes, RawClient } from '../../support/raw-client.js';
import { postChat } from '../../support/server.js';
import { writeLines } from './runs.js';
import type { Context, EffectRow } from './situations.js';

const MODEL = 'llama-3.1-8b';
const FLEET = { port: 0, threads: 1, model: [MODEL], tp: 1, timeScale: 20, drain: 0 };

const observing =
  (beside: Record<string, unknown>, use: (server: RunningServer) => Promise<unknown>) =>
  async (context: Context): Promise<unknown> => {
    const server = await startServer(await context.server({ server: { ...FLEET, ...beside } }));
    try {
      return await use(server);
    } finally {
      await server.close();
    }
  };

const PROMPT = Array.from({ length: 60 }, (_, i) => `word ${i}`).join(' ');

interface Ask {
  prompt?: string;
  system?: string;
  user?: string;
  headers?: Record<string, string>;
}

/** Whether a part of the prompt was found in a cache. */
async function hits(
  url: string,
  { prompt = PROMPT, system, user, headers = {} }: Ask = {},
): Promise<boolean> {
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: prompt },
  ];
  const body = { model: MODEL, messages, max_tokens: 1, user };
  const response = await postChat(url, body, { headers: { connection: 'close', ...headers } });
  const { usage } = (await response.json()) as {
    usage: { prompt_tokens_details: { cached_tokens: number } };
  };
  return usage.prompt_tokens_details.cached_tokens > 0;
}

/** Who finds what another one asked: the same user, another user, and one with another key. */
async function sharers({ url }: RunningServer): Promise<boolean[]> {
  const asks = ['a', 'b'].map((user) => ({ user, headers: { authorization: 'Bearer one' } }));
  await hits(url, asks[0]);
  const found: boolean[] = [];
  for (const ask of [...asks, { user: 'a', headers: { authorization: 'Bearer two' } }]) {
    found.push(await hits(url, { ...ask }));
    // Whoever did not find it has it now, in a part of the cache of their own.
  }
  return found;
}

const ask = (content: string, tokens: number, more: object = {}): string =>
  chatBytes({
    model: MODEL,
    messages: [{ role: 'user', content }],
    max_tokens: tokens,
    min_tokens: tokens,
    stream: true,
    ...more,
  });

/** Who of two that wait is computed first: the one that came first, or the one that is more important. */
async function firstOfTwo({ url }: RunningServer): Promise<string> {
  const clients = [await RawClient.to(url), await RawClient.to(url), await RawClient.to(url)] as const;
  const bodies = [
    ask('running', 100_000),
    ask('early', 2, { priority: 5 }),
    ask('urgent', 2, { priority: -5 }),
  ];
  for (const [i, client] of clients.entries()) {
    client.socket.write(bodies[i]!);
    await client.until((text) => text.includes(i === 0 ? '"content":"' : 'HTTP/1.1 200'));
  }
  const [running, early, urgent] = clients;
  // Its place is free only now, when both others wait for it.
  running.socket.destroy();
  const done = (name: string, client: RawClient): Promise<string> =>
    client.until((text) => text.includes('[DONE]')).then(() => name);
  const first = await Promise.race([done('early', early), done('urgent', urgent)]);
  for (const { socket } of clients) socket.destroy();
  return first;
}

const SYSTEM = ['one', 'two'].map((name) => `${name} ${PROMPT}`);
const promptFile = (i: number): string => writeLines(`system-${i}.txt`, [SYSTEM[i]!]);

/** Which of the system prompts are in the caches before anybody asks. */
async function warm({ url }: RunningServer): Promise<boolean[]> {
  // A fleet that has just started computes them first.
  await hits(url, { prompt: 'hello' });
  const found: boolean[] = [];
  for (const system of SYSTEM) found.push(await hits(url, { system: `${system}\n`, prompt: 'hello' }));
  return found;
}

export const LIVE_FLEET_ROWS: EffectRow[] = [
  {
    path: 'server.cacheIsolation',
    given: ['user', 'key', 'user'],
    seen: [
      [true, true, true],
      [true, false, true],
      [true, true, false],
      [true, false, true],
    ],
    observe: observing({}, sharers),
  },
  {
    path: 'server.sessionAffinity',
    given: ['1h', '1ms', '2h'],
    seen: [false, true, false, true],
    observe: observing({ replicas: 2 }, async ({ url }) => {
      const session = { headers: { 'x-session-id': 'one' } };
      await hits(url, session);
      return hits(url, session);
    }),
  },
  {
    path: 'server.schedulingPolicy',
    given: ['priority', 'fcfs', 'priority'],
    seen: ['early', 'urgent', 'early', 'urgent'],
    observe: observing({ maxNumSeqs: 1 }, firstOfTwo),
  },
  {
    path: 'server.warmPrompt',
    given: () => [[promptFile(0)], promptFile(1), [promptFile(0), promptFile(1)]],
    seen: [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ],
    observe: observing({}, warm),
  },
];
