/** What projects are told of by webhooks. An event is put together with what it is about, so that none is lost. */
import type { ServerContext } from '../context.js';
import { newId } from '../store/new-id.js';
import type { Transaction } from '../store/store.js';
import { deliveries } from './deliver.js';
import { WEBHOOKS } from './records.js';

/** Types of OpenAI's events. */
export type WebhookType =
  | `batch.${'completed' | 'cancelled' | 'expired' | 'failed'}`
  | `eval.run.${'succeeded' | 'failed' | 'canceled'}`
  | `fine_tuning.job.${'succeeded' | 'failed' | 'cancelled'}`
  | `response.${'completed' | 'cancelled' | 'failed' | 'incomplete'}`
  | 'realtime.call.incoming';

/**
 * Tells of something, once the transaction takes effect; nobody, when there are no webhooks.
 *
 * @param data - what it is about
 */
export async function announce(
  context: ServerContext,
  transaction: Transaction,
  type: WebhookType,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const urls = context.options.webhook ?? [];
  if (urls.length === 0) return;
  await deliveries(context);
  const key = await newId(context, '', 32, 'hex');
  const nextMs = context.clock.wallMs();
  const created_at = Math.floor(nextMs / 1000);
  const body = JSON.stringify({ id: `evt_${key}`, object: 'event', created_at, type, data });
  for (const [index, url] of urls.entries()) {
    const id = `${key}/${index}`;
    transaction.put(WEBHOOKS, id, { id, url, messageId: `wh_${key}`, body, tries: 0, nextMs });
  }
}
