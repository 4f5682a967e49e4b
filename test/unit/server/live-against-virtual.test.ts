/** The same requests at the same instants: a server on real time gives the times that the cluster has on a virtual clock. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { createRandom } from '../../../src/lib/random.js';
import { fleetsOf } from '../../../src/server/generation/latency.js';
import { startServer, type ServerOptions } from '../../../src/server/index.js';
import { Cluster, fleetOptions } from '../../../src/simulator/index.js';
import { chatBytes, RawClient } from '../../support/raw-client.js';
import { TEST_OPTIONS } from '../../support/server.js';

/** Half as fast as reality: what the machine adds weighs half as much. */
const OPTIONS: ServerOptions = {
  ...TEST_OPTIONS,
  threads: 2,
  latency: 'physics',
  model: ['llama-3.3-70b'],
  replicas: 2,
  timeScale: 0.5,
};
/** Fewer have a median that hangs on one request's catching a step or missing it. */
const REQUESTS = 60;
const TOKENS = 24;
const MEAN_GAP_MS = 80;

interface Ask {
  atMs: number;
  promptTokens: number;
  body: object;
}

/** Requests of various lengths at random instants of simulated time; none shares a prefix with another. */
function asks(): Ask[] {
  const random = createRandom(5, 'asks');
  let atMs = 0;
  return Array.from({ length: REQUESTS }, (_, i) => {
    atMs += MEAN_GAP_MS * random.exponential();
    const words = 400 + random.int(1600);
    // One token for each number and each space-and-letter after it, 7 for the template.
    const content = `${i} ` + ' a'.repeat(words);
    const body = { messages: [{ role: 'user', content }], max_tokens: TOKENS, min_tokens: TOKENS };
    return { atMs, promptTokens: words + 9, body: { ...body, model: OPTIONS.model[0], stream: true } };
  });
}

interface Times {
  ttftMs: number[];
  itlMs: number[];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

function onVirtualClock(all: readonly Ask[]): Times {
  const tokens = all.map((): number[] => []);
  const [{ fleet }] = fleetsOf(OPTIONS) as [ReturnType<typeof fleetsOf>[number]];
  const cluster = new Cluster({
    ...fleetOptions(fleet, { seed: OPTIONS.seed }),
    sink: {
      onFirstScheduled: () => {},
      onTokens: (id, count, atMs) => tokens[id]!.push(...Array.from({ length: count }, () => atMs)),
      onFinish: () => {},
      onReject: () => {},
    },
  });
  for (const [id, { atMs, promptTokens }] of all.entries()) {
    cluster.submit({ id, arrivalMs: atMs, promptTokens, outputTokens: TOKENS, blockHashes: [] }, atMs);
  }
  cluster.advance(Infinity);
  return timesOf(all.map(({ atMs }, i) => [atMs, ...tokens[i]!]));
}

/** @param instants - of each request: when it was sent, and when each token came */
const timesOf = (instants: readonly number[][]): Times => ({
  ttftMs: instants.map(([sent, first]) => first! - sent!),
  itlMs: instants.flatMap((all) => all.slice(2).map((ms, i) => ms - all[i + 1]!)),
});

async function onRealTime(all: readonly Ask[]): Promise<Times> {
  const server = await startServer(OPTIONS);
  try {
    const clients = await Promise.all(all.map(() => RawClient.to(server.url)));
    const startMs = systemClock.nowMs() + 50;
    const instants = await Promise.all(
      all.map(async ({ atMs, body }, i) => {
        const client = clients[i]!;
        await delay(startMs + atMs / OPTIONS.timeScale - systemClock.nowMs());
        const seen = [systemClock.nowMs()];
        client.socket.on('data', (bytes: Buffer) => {
          const nowMs = systemClock.nowMs();
          for (const _ of bytes.toString('latin1').matchAll(/"delta":\{"content":/g)) seen.push(nowMs);
        });
        client.socket.write(chatBytes(body, 'Connection: close\r\n'));
        await client.untilClosed();
        expect(seen).toHaveLength(TOKENS + 1);
        return seen.map((ms) => ms * OPTIONS.timeScale);
      }),
    );
    return timesOf(instants);
  } finally {
    await server.close();
  }
}

// Something else may have the processor for a while; it is not likely to have it every time.
it('agrees in the medians of TTFT and ITL within 5 %', { retry: 3, timeout: 60_000 }, async () => {
  const all = asks();
  const virtual = onVirtualClock(all);
  const real = await onRealTime(all);
  const shift = (a: readonly number[], b: readonly number[]): number => Math.abs(median(a) / median(b) - 1);
  expect(shift(real.ttftMs, virtual.ttftMs)).toBeLessThan(0.05);
  expect(shift(real.itlMs, virtual.itlMs)).toBeLessThan(0.05);
});
