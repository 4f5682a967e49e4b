/** Settings of `fakeai models`. */
import * as z from 'zod';
import { ENDPOINTS, FEATURES } from '../lib/model-kinds.js';
import { choice, httpUrl, list, setting, text, toggle } from './fields.js';

/** The settings that say whose models are listed, and which of them. */
export const modelsSchema = z.strictObject({
  url: setting(httpUrl().optional(), {
    summary: 'Base URL of a server whose models are listed; without it, those that fakeai knows',
    group: 'source',
    char: 'u',
    valueName: '<url>',
  }),
  apiKey: setting(text().optional(), {
    summary: 'Key sent as "Authorization: Bearer …"; better given as a variable than on the command line',
    group: 'source',
    valueName: '<key>',
    secret: true,
  }),
  apiKeyEnv: setting(text().optional(), {
    summary: 'Name of the environment variable that holds the key',
    group: 'source',
    valueName: '<variable>',
  }),
  models: setting(list(text()).default([]), {
    summary: 'File (JSON, YAML) or module that describes further models',
    group: 'source',
    repeatable: true,
    valueName: '<file>',
  }),
  owner: setting(text().optional(), {
    summary: 'Show models of this owner only',
    group: 'filter',
    valueName: '<name>',
  }),
  endpoint: setting(choice(ENDPOINTS).optional(), {
    summary: 'Show models for this kind of request only',
    group: 'filter',
  }),
  feature: setting(choice(FEATURES).optional(), {
    summary: 'Show models that can do this only',
    group: 'filter',
  }),
  json: setting(toggle().default(false), {
    summary: 'Print everything that is known as one JSON document',
    group: 'results',
  }),
});
