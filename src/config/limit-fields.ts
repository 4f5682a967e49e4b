/** Settings of `fakeai server` about who may ask, and how much. */
import { integer, list, setting, text } from './fields.js';

export const limitFields = {
  apiKey: setting(list(text()).default([]), {
    summary: 'Key of which requests need one (any of several); without it none is needed',
    group: 'limits',
    repeatable: true,
    valueName: '<key>',
    secret: true,
  }),
  corsOrigin: setting(list(text()).default(['*']), {
    summary: 'Origin whose web pages may read answers, such as http://localhost:3000; * is every one',
    group: 'limits',
    repeatable: true,
    valueName: '<origin>',
  }),
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
