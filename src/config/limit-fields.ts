/** Settings of `fakeai server` about how much a client may ask. */
import { integer, setting } from './fields.js';

export const limitFields = {
  rateLimitRpm: setting(integer(1, 1_000_000_000).optional(), {
    summary: 'Requests per minute of each API key, as a token bucket; more are answered with 429',
    group: 'limits',
    valueName: '<n>',
  }),
  rateLimitTpm: setting(integer(1, 1_000_000_000_000).optional(), {
    summary: 'Tokens per minute of each API key, estimated from the size of the body and its max_tokens',
    group: 'limits',
    valueName: '<n>',
  }),
};
