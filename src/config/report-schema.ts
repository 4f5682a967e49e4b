/** Settings of the commands that read run files, and of where results go. */
import * as z from 'zod';
import { COMPARISON_OUTPUT_KINDS, OUTPUT_KINDS } from '../lib/output-kinds.js';
import { list, setting, text, toggle } from './fields.js';

/** Files to write: of a run, of a stored run, of merged shards. */
export const outputField = (kinds: object = OUTPUT_KINDS) =>
  setting(list(text(/^\w+=.+/, 'expected KIND=PATH, such as json=run.json')).default([]), {
    summary: `File to write, as KIND=PATH; kinds: ${Object.keys(kinds).join(', ')}`,
    group: 'results',
    char: 'o',
    repeatable: true,
    valueName: '<kind=path>',
  });

/** `fakeai report`. */
export const reportSchema = z.strictObject({
  output: outputField(),
  json: setting(toggle().default(false), {
    summary: 'Print the run file as JSON instead of rendering it',
    group: 'results',
  }),
});

/** `fakeai report compare`. */
export const compareSchema = z.strictObject({
  failIf: setting(list(text()).default([]), {
    summary:
      "Change that must not be, such as 'ttft.p95 > +10%' or 'request_rate < -5%'; one that happened ends the command with exit code 99",
    group: 'results',
    repeatable: true,
    valueName: '<rule>',
  }),
  waive: setting(list(text()).default([]), {
    summary:
      'Part of the plan that may differ between the runs, such as model, seed or arrivals.ratePerSecond',
    group: 'results',
    repeatable: true,
    valueName: '<key>',
  }),
  output: outputField(COMPARISON_OUTPUT_KINDS),
  json: setting(toggle().default(false), {
    summary: 'Print the comparison as one JSON document on stdout',
    group: 'results',
  }),
});

/** `fakeai report merge`. */
export const mergeSchema = z.strictObject({
  output: outputField(),
  json: setting(toggle().default(false), {
    summary: 'Print the merged run file as JSON instead of rendering it',
    group: 'results',
  }),
});

/** `fakeai calibrate`. */
export const calibrateSchema = z.strictObject({
  target: setting(text().optional(), {
    summary: 'Target of the run whose times are taken; the first one without it',
    group: 'profile',
    valueName: '<name>',
  }),
  name: setting(text().optional(), {
    summary: 'Name of the profile; that of the file without it',
    group: 'profile',
    valueName: '<name>',
  }),
});
