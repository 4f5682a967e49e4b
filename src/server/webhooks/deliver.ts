/** Sends the events that wait. Whoever sends one holds its lease; what was not sent when a server ended, the next one sends. */
import { messageOf } from '../../lib/errors.js';
import type { ServerContext } from '../context.js';
import { LeasedExecution } from '../protocols/openai/leased-execution.js';
import { type WorkKind, WorkRunner } from '../protocols/openai/leased-work.js';
import { OPEN, type WebhookRecord, WEBHOOKS } from './records.js';
import { signedHeaders } from './signature.js';

/** How long after each failure it is tried again; after the last one it is given up. */
const RETRY_MS = [1000, 2000, 4000, 8000];
/** How long an answer is waited for. */
const TIMEOUT_MS = 10_000;
const USER_AGENT = 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)';

const DELIVERIES: WorkKind = {
  name: 'webhook',
  collection: WEBHOOKS,
  index: { name: 'state', group: OPEN },
  begin: (context, store, lease, id) => new Delivery(context, store, lease, id),
};

const known = new WeakSet<ServerContext>();

/** Begins to send on this thread, if it does not yet. */
export async function deliveries(context: ServerContext): Promise<void> {
  if (known.has(context)) return;
  known.add(context);
  const runner = WorkRunner.of(context, DELIVERIES);
  const store = await context.store();
  store.watch(WEBHOOKS, () => runner.look());
  runner.look();
}

/** One event on its way to one URL. */
class Delivery extends LeasedExecution {
  readonly #stop = new AbortController();

  async run(): Promise<void> {
    for (;;) {
      const record = await this.store.get(WEBHOOKS, this.id);
      if (!record) return;
      await this.#wait(record.nextMs - this.context.clock.wallMs());
      if (this.stopped) return;
      const problem = await this.#send(record);
      // What was broken off is not known to have failed.
      if (this.stopped && problem !== undefined) return;
      if (problem === undefined || record.tries >= RETRY_MS.length) {
        if (problem !== undefined) this.#warn(record, problem);
        await this.#forget();
        return;
      }
      const nextMs = this.context.clock.wallMs() + RETRY_MS[record.tries]!;
      await this.lease.update(WEBHOOKS, this.id, (current) => ({
        ...current,
        tries: current.tries + 1,
        nextMs,
      }));
    }
  }

  override stop(): void {
    super.stop();
    this.#stop.abort();
  }

  /** @returns why it was not taken */
  async #send({ url, messageId, body }: WebhookRecord): Promise<string | undefined> {
    const { clock, options } = this.context;
    const atS = Math.floor(clock.wallMs() / 1000);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': USER_AGENT,
          ...signedHeaders(options.webhookSecret, messageId, atS, body),
        },
        body,
        // An answer that sends elsewhere is a failure, as it is for OpenAI.
        redirect: 'manual',
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `it was answered with status ${response.status}`;
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      return messageOf(cause ?? error);
    }
  }

  /** Resolves after so long, or when it is to stop. */
  #wait(ms: number): Promise<void> {
    const { clock, wheel } = this.context;
    const { signal } = this.#stop;
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = wheel.at(clock.nowMs() + ms, () => resolve());
      signal.addEventListener('abort', () => {
        wheel.cancel(deadline);
        resolve();
      });
    });
  }

  async #forget(): Promise<void> {
    await this.store.transact(async (transaction) => {
      await this.lease.check(transaction);
      transaction.delete(WEBHOOKS, this.id);
    });
  }

  #warn({ url, body, tries }: WebhookRecord, problem: string): void {
    const { type, id } = JSON.parse(body) as { type: string; id: string };
    const what = `the webhook ${type} (${id}) was given up after ${tries + 1} tries of ${url}: ${problem}`;
    process.emitWarning(what, 'FakeaiWarning');
  }
}
