/** Settings of `fakeai server` about who may ask, and how much. */
import { autoToggle, choice, integer, list, setting, text } from './fields.js';

export const limitFields = {
  apiKey: setting(list(text()).default([]), {
    summary: 'Key of which requests need one (any of several); without it none is needed',
    group: 'limits',
    repeatable: true,
    valueName: '<key>',
    secret: true,
    variableAlias: 'apiKeys',
  }),
  requireApiKey: setting(autoToggle().default('auto'), {
    summary:
      'Whether a request needs an API key: auto if there are any; true without any takes whatever key is sent',
    group: 'limits',
  }),
  corsOrigin: setting(list(text()).default(['*']), {
    summary: 'Origin whose web pages may read answers, such as http://localhost:3000; * is every one',
    group: 'limits',
    repeatable: true,
    valueName: '<origin>',
  }),
  rateLimitEnabled: setting(autoToggle().default('auto'), {
    summary:
      'Whether requests are limited: auto if a tier or a limit is given; true without any is as for tier1, false lifts all',
    group: 'limits',
  }),
  rateLimitTier: setting(choice(['free', 'tier1', 'tier2', 'tier3', 'tier4', 'tier5']).optional(), {
    summary: 'Usage tier that says the limits of each model; limits in numbers take the place of its own',
    group: 'limits',
  }),
  rateLimitRpm: setting(integer(1, 1_000_000_000).optional(), {
    summary: 'Requests per minute of each API key and model, as a token bucket; more are answered with 429',
    group: 'limits',
    valueName: '<n>',
  }),
  rateLimitTpm: setting(integer(1, 1_000_000_000_000).optional(), {
    summary:
      'Tokens per minute of each API key and model, estimated from the size of the body and its max_tokens',
    group: 'limits',
    valueName: '<n>',
  }),
  rateLimitRpd: setting(integer(1, 1_000_000_000).optional(), {
    summary: 'Requests per day of each API key and model, as a token bucket',
    group: 'limits',
    valueName: '<n>',
  }),
  rateLimitTpd: setting(integer(1, 1_000_000_000_000).optional(), {
    summary: 'Tokens per day of each API key and model, as a token bucket',
    group: 'limits',
    valueName: '<n>',
  }),
};
