/** Webhook events as they are kept until they were sent. */
import type { Collection } from '../store/store.js';

/** An event on its way to one URL. */
export interface WebhookRecord {
  /** By the event's id and the number of the URL. */
  id: string;
  url: string;
  /** The same for all that is tried. */
  messageId: string;
  /** The event, as JSON. */
  body: string;
  /** How often it was tried. */
  tries: number;
  /** When it is tried next, in milliseconds since 1970. */
  nextMs: number;
}

/** The only group of {@link WEBHOOKS} by `state`. */
export const OPEN = 'open';

export const WEBHOOKS: Collection<WebhookRecord> = {
  name: 'webhooks',
  indexes: { state: () => OPEN },
  maxCount: 10_000,
  atBound: 'evict',
  watched: true,
};
