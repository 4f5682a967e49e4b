/** Which kind of endpoint `bench` and `replay` measure, and what they send there. */
import { ENDPOINT_NAMES } from '../lib/endpoint-kinds.js';
import { choice, integer, setting, text, toggle } from './fields.js';

export const endpointFields = {
  endpoint: setting(choice(ENDPOINT_NAMES).default('chat'), {
    summary:
      'Kind of endpoint, at its usual path below the URL; raw takes any URL as it is, with a body of --raw-body',
    group: 'target',
    char: 'e',
  }),
  items: setting(integer(1, 2048).optional(), {
    summary:
      'Texts of a request for embeddings or moderations, documents beside the query of rerank, images of images (default 1, of rerank 10)',
    group: 'workload',
    valueName: '<n>',
  }),
  rerankShape: setting(choice(['cohere', 'nim']).default('cohere'), {
    summary: "Whose requests for --endpoint rerank: Cohere's and Jina's at /rerank, or NIM's at /ranking",
    group: 'workload',
  }),
  speechEvents: setting(toggle().default(false), {
    summary:
      'Ask --endpoint speech for events with parts of the sound (stream_format sse) rather than for its bytes',
    group: 'workload',
  }),
  extraBody: setting(text().optional(), {
    summary: `JSON object whose members are put into every body, such as '{"temperature":0}'`,
    group: 'workload',
    valueName: '<json>',
  }),
  rawBody: setting(text().optional(), {
    summary:
      'File with the body of --endpoint raw: {{prompt}} stands for the text of a prompt, {{model}}, {{max_tokens}} and {{stream}} for the rest',
    group: 'workload',
    valueName: '<path>',
  }),
  rawText: setting(text().optional(), {
    summary:
      "Where the text is in answers of --endpoint raw, or in the events of their streams, such as 'choices[0].delta.content'",
    group: 'workload',
    valueName: '<path>',
  }),
  rawUsage: setting(text(/^[^,]+,[^,]+$/, 'expected two paths, such as usage.in,usage.out').optional(), {
    summary: 'Where the input and output tokens are in answers of --endpoint raw',
    group: 'workload',
    valueName: '<path,path>',
  }),
};
