/** The effects of the settings of `server` about webhooks: seen by whoever they are sent to. */
import OpenAI from 'openai';
import { afterAll, beforeAll, expect } from 'vitest';
import { startServer } from '../../../src/server/index.js';
import { type Receiver, startReceiver } from '../../support/webhook-receiver.js';
import type { Context, EffectRow } from './situations.js';

let receiver: Receiver;

/** Starts and ends what webhooks are sent to; call at the top of a test file. */
export function useReceiver(): void {
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());
}

const SECRETS = ['whsec_ZmFrZWFpIHdlYmhvb2sgc2VjcmV0', 'whsec_Zmlyc3Q=', 'second', 'third'];

/** Has something happen that is told, and gives what was received. */
async function told(context: Context, beside: Record<string, unknown>, least: number) {
  receiver.received.length = 0;
  const settings = await context.server({
    server: { port: 0, threads: 1, latency: 'instant', ...beside },
  });
  const server = await startServer(settings);
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any' });
  const { id } = await openai.responses.create({ model: 'fakeai-1', input: 'Hello', background: true });
  await expect.poll(async () => (await openai.responses.retrieve(id)).status).toBe('completed');
  await expect.poll(() => receiver.received.length).toBeGreaterThanOrEqual(least);
  await server.close();
  return receiver.received;
}

/** Which of the secrets is that of a signature. */
async function secretOf(context: Context): Promise<string[]> {
  const [{ body, headers }] = (await told(context, { webhook: [receiver.url] }, 1)) as [
    Receiver['received'][0],
  ];
  const { webhooks } = new OpenAI({ apiKey: 'any' });
  const valid: string[] = [];
  for (const secret of SECRETS) {
    const isValid = webhooks.verifySignature(body, headers, secret);
    await isValid.then(
      () => valid.push(secret),
      () => {},
    );
  }
  return valid;
}

export const WEBHOOK_ROWS: EffectRow[] = [
  {
    path: 'server.webhook',
    given: () => [[`${receiver.url}/a`], `${receiver.url}/b`, [`${receiver.url}/c`, `${receiver.url}/d`]],
    seen: [[], ['/hook/a'], ['/hook/b'], ['/hook/c', '/hook/d']],
    observe: async (context) => {
      const least = (context.expected as string[]).length;
      return (await told(context, {}, least)).map(({ path }) => path).toSorted();
    },
  },
  {
    path: 'server.webhookSecret',
    given: SECRETS.slice(1) as [string, string, string],
    seen: SECRETS.map((secret) => [secret]) as [string[], string[], string[], string[]],
    observe: secretOf,
  },
];
