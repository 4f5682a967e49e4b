/** Settings of `fakeai server` about what it keeps. */
import { choice, duration, httpUrl, integer, list, positive, setting, text } from './fields.js';

const GIB = 1024 ** 3;

/** The base64 of `fakeai webhook secret`. */
const WEBHOOK_SECRET = 'whsec_ZmFrZWFpIHdlYmhvb2sgc2VjcmV0';

export const storeFields = {
  data: setting(text().optional(), {
    summary:
      'Folder of stored resources (files, batches, responses …); a temporary one, removed at the end, without it',
    group: 'storage',
    valueName: '<folder>',
  }),
  dataLimit: setting(integer(1, 2 ** 40).default(2 * GIB), {
    summary: 'Most bytes of all stored resources together; what does not fit is refused',
    group: 'storage',
    valueName: '<bytes>',
  }),
  unknownResources: setting(choice(['404', 'synthesize']).default('404'), {
    summary:
      'What happens to an id of a stored resource that nobody made: 404 refuses it, synthesize answers as if it were there, from the specification',
    group: 'storage',
  }),
  batchConcurrency: setting(integer(1, 10_000).default(16), {
    summary: 'Requests of a batch that are under way at a time',
    group: 'storage',
    valueName: '<n>',
  }),
  batchRate: setting(positive().optional(), {
    summary:
      'Most requests of a batch that are begun per second; as many as --batch-concurrency lets through without it',
    group: 'storage',
    valueName: '<rps>',
  }),
  fineTuneDuration: setting(duration('s').default(10_000), {
    summary: 'How long a fine-tuning job takes from its creation to its end',
    group: 'storage',
    valueName: '<duration>',
  }),
  ingestDuration: setting(duration('s').default(0), {
    summary: 'How long a file of a vector store is in progress at least, before it can be searched',
    group: 'storage',
    valueName: '<duration>',
  }),
  batchWindow: setting(duration('s').default(24 * 3_600_000), {
    summary: 'How long a batch may take; requests that were not made by then are given up',
    group: 'storage',
    valueName: '<duration>',
  }),
  webhook: setting(list(httpUrl()).default([]), {
    summary: "URL that OpenAI's webhook events are sent to, such as batch.completed and response.completed",
    group: 'storage',
    repeatable: true,
    valueName: '<url>',
  }),
  webhookSecret: setting(text().default(WEBHOOK_SECRET), {
    summary: 'What webhook events are signed with: whsec_ and base64, or any text',
    group: 'storage',
    valueName: '<secret>',
    secret: true,
  }),
};
