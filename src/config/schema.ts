/**
 * Every setting of fakeai, once. Flags, FAKEAI_* variables, the configuration file, its JSON Schema and the reference
 * documentation are all made from here.
 */
import * as z from 'zod';
import { benchFields } from './bench-fields.js';
import {
  choice,
  duration,
  integer,
  list,
  positive,
  setting,
  share,
  text,
  threads,
  toggle,
} from './fields.js';
import { fleetFields, liveFleetFields } from './fleet-fields.js';
import { limitFields } from './limit-fields.js';
import { modelsSchema } from './models-schema.js';
import { cacheStatsSchema, metricsSchema, statusSchema } from './operate-schema.js';
import { replayFields } from './replay-fields.js';
import { calibrateSchema, compareSchema, mergeSchema, reportSchema } from './report-schema.js';
import { runFields } from './run-fields.js';
import { simulateFields } from './simulate-fields.js';
import { storeFields } from './store-fields.js';

/** The embedded simulator and `fakeai server` share these: what answers, and how fast. */
const simulatorFields = {
  model: setting(list(text()).default([]), {
    summary:
      'Model id to serve, or a file with a shape, such as a config.json of Hugging Face; the first one is the default, every known model when none is given',
    group: 'simulator',
    char: 'm',
    repeatable: true,
    valueName: '<id|file>',
  }),
  models: setting(list(text()).default([]), {
    summary: 'File (JSON, YAML) or module that describes further models to serve',
    group: 'simulator',
    repeatable: true,
    valueName: '<file>',
  }),
  fixtures: setting(list(text()).default([]), {
    summary: 'File or folder (JSON, YAML) of answers to requests that they match',
    group: 'simulator',
    repeatable: true,
    valueName: '<path>',
  }),
  fixturesStrict: setting(toggle().default(false), {
    summary: 'Refuse requests for text that no fixture matches, and name the nearest one',
    group: 'simulator',
  }),
  prompts: setting(list(text()).default([]), {
    summary:
      'File or folder (JSON, YAML) of prompt templates, which responses and realtime sessions name by their ids',
    group: 'simulator',
    repeatable: true,
    valueName: '<path>',
  }),
  unknownModels: setting(choice(['refuse', 'accept']).default('refuse'), {
    summary: 'What happens to a model that is not served: refuse answers 404, accept answers all the same',
    group: 'simulator',
  }),
  streamObfuscation: setting(choice(['auto', 'on', 'off']).default('auto'), {
    summary:
      'Whether events of streams are padded where a request does not say it (`include_obfuscation`): on as OpenAI does, off as other servers, auto as whoever serves the model',
    group: 'simulator',
  }),
  latency: setting(choice(['auto', 'instant', 'fixed', 'profile', 'physics']).default('auto'), {
    summary:
      'How time passes: instant answers at once, fixed waits --ttft and then --itl between tokens, profile draws times as a service was measured to have, physics simulates the fleet; auto is physics for models that are named and whose architecture is published, fixed for others',
    group: 'simulator',
  }),
  ttft: setting(duration('ms').default(200), {
    summary: 'Time to the first token, with --latency fixed',
    group: 'simulator',
    valueName: '<duration>',
  }),
  itl: setting(duration('ms').default(20), {
    summary: 'Time between tokens, with --latency fixed',
    group: 'simulator',
    valueName: '<duration>',
  }),
  jitter: setting(share().default(0.1), {
    summary: 'Standard deviation of --ttft and --itl as a share of them, 0 to 1',
    group: 'simulator',
    valueName: '<share>',
  }),
};

/** `fakeai server`. */
export const serverSchema = z.strictObject({
  host: setting(text().default('127.0.0.1'), {
    summary: 'Address to listen on',
    group: 'listen',
    valueName: '<address>',
  }),
  port: setting(integer(0, 65_535).default(8000), {
    summary: 'Port to listen on; 0 takes any free one',
    group: 'listen',
    char: 'p',
    valueName: '<port>',
  }),
  webrtcPorts: setting(text(/^\d{1,5}-\d{1,5}$/, 'expected FIRST-LAST, such as 50000-50100').optional(), {
    summary: 'UDP ports of realtime calls, such as a container publishes; any free ones without it',
    group: 'listen',
    valueName: '<first-last>',
  }),
  webrtcAddress: setting(
    list(text(/^[\d.]+$|^[\da-fA-F.:]*:[\da-fA-F.:]*$/, 'expected an IP address')).default([]),
    {
      summary:
        'Address at which peers of realtime calls reach this machine, where it is not one of its own, as of the host of a container',
      group: 'listen',
      repeatable: true,
      valueName: '<address>',
    },
  ),
  threads: setting(threads().default('auto'), {
    summary: 'Threads that serve requests; auto is one per core',
    group: 'listen',
    valueName: '<n>',
  }),
  ...simulatorFields,
  seed: setting(integer(0, 2 ** 32 - 1).default(0), {
    summary: 'Seed of all content and jitter; the same seed gives the same bytes',
    group: 'simulator',
    valueName: '<n>',
  }),
  jitterKind: setting(choice(['normal', 'lognormal', 'gamma']).default('normal'), {
    summary: 'Distribution of --ttft and --itl: normal (never below zero), or with a longer tail',
    group: 'simulator',
  }),
  profile: setting(text().optional(), {
    summary:
      "Profile for --latency profile: one that comes with fakeai, such as openai-gpt-4-turbo, or a JSON file; by default that of the model's vendor",
    group: 'simulator',
    valueName: '<name|file>',
  }),
  timeScale: setting(positive().default(1), {
    summary: 'How many simulated seconds pass in a real one',
    group: 'simulator',
    valueName: '<factor>',
  }),
  ...fleetFields,
  ...liveFleetFields,
  bodyLimit: setting(integer(1, 2 ** 30).default(80 * 1024 * 1024), {
    summary: 'Largest request body, in bytes; a larger one is answered with 413',
    group: 'limits',
    valueName: '<bytes>',
  }),
  maxConnections: setting(integer(1, 1_000_000).default(20_000), {
    summary: 'Most open connections per thread; further ones are closed at once',
    group: 'limits',
    valueName: '<n>',
  }),
  drain: setting(duration('s').default(30_000), {
    summary: 'How long a stopping server lets open responses finish',
    group: 'limits',
    valueName: '<duration>',
  }),
  ...limitFields,
  ...storeFields,
});

/** `fakeai bench`. */
export const benchSchema = z.strictObject({ ...runFields, ...benchFields });

/** `fakeai replay`. */
export const replaySchema = z.strictObject({ ...runFields, ...replayFields });

/** `fakeai simulate`. */
export const simulateSchema = z.strictObject(simulateFields(benchSchema.shape, replaySchema.shape));

/** The whole configuration file. */
export const configSchema = z.strictObject({
  server: serverSchema.prefault({}),
  bench: benchSchema.prefault({}),
  replay: replaySchema.prefault({}),
  simulate: simulateSchema.prefault({}),
  report: reportSchema.prefault({}),
  compare: compareSchema.prefault({}),
  merge: mergeSchema.prefault({}),
  calibrate: calibrateSchema.prefault({}),
  models: modelsSchema.prefault({}),
  status: statusSchema.prefault({}),
  metrics: metricsSchema.prefault({}),
  cacheStats: cacheStatsSchema.prefault({}),
});

export type ServerSettings = z.output<typeof serverSchema>;
export type BenchSettings = z.output<typeof benchSchema>;
export type ReplaySettings = z.output<typeof replaySchema>;
export type SimulateSettings = z.output<typeof simulateSchema>;
export type ReportSettings = z.output<typeof reportSchema>;
export type CompareSettings = z.output<typeof compareSchema>;
export type ModelsSettings = z.output<typeof modelsSchema>;
export type StatusSettings = z.output<typeof statusSchema>;
export type MetricsSettings = z.output<typeof metricsSchema>;
export type CacheStatsSettings = z.output<typeof cacheStatsSchema>;
export type CalibrateSettings = z.output<typeof calibrateSchema>;
export type MergeSettings = z.output<typeof mergeSchema>;
export type SectionName = keyof typeof configSchema.shape;

/** The command of a section, as typed after `fakeai`. */
export const commandOf = (section: SectionName): string =>
  section === 'compare' || section === 'merge'
    ? `report ${section}`
    : section === 'cacheStats'
      ? 'cache-stats'
      : section;

/** Keys of `server` that the embedded simulator of `bench` and `replay` takes as flags of its own. */
export const EMBEDDED_SERVER_KEYS = ['latency', 'ttft', 'itl', 'jitter'] as const;
