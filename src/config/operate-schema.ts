/** Settings of the commands that look at a running server: `status`, `metrics`, `cache-stats`. */
import * as z from 'zod';
import { choice, duration, httpUrl, list, setting, toggle } from './fields.js';

const url = setting(httpUrl().default('http://127.0.0.1:8000'), {
  summary: 'Base URL of the server',
  group: 'source',
  char: 'u',
  valueName: '<url>',
});

const json = setting(toggle().default(false), {
  summary: 'Print one JSON document; with --watch one in each line',
  group: 'results',
});

const watch = setting(toggle().default(false), {
  summary: 'Print again and again until Ctrl-C',
  group: 'results',
  char: 'w',
});

const interval = setting(duration('s').default(1000), {
  summary: 'Time between two looks, with --watch; at least 100 ms',
  group: 'results',
  valueName: '<duration>',
});

/** `fakeai status`. */
export const statusSchema = z.strictObject({ url, json, watch, interval });

/** `fakeai cache-stats`. */
export const cacheStatsSchema = z.strictObject({ url, json, watch, interval });

/** `fakeai metrics`. */
export const metricsSchema = z.strictObject({
  url,
  format: setting(choice(['table', 'json', 'prometheus', 'csv']).default('table'), {
    summary: 'What is printed: tables for people, or what the server answers in one of its formats',
    group: 'results',
    char: 'f',
  }),
  dialect: setting(list(choice(['fakeai', 'vllm', 'dynamo', 'dcgm'])).default([]), {
    summary: 'Names of the Prometheus text; all of them when none is given',
    group: 'results',
    repeatable: true,
  }),
  watch,
  dashboard: setting(toggle().default(false), {
    summary: 'Show a live screen until Ctrl-C',
    group: 'results',
  }),
  interval: setting(duration('s').default(1000), {
    summary: 'Time between two looks, with --watch and --dashboard; at least 100 ms',
    group: 'results',
    valueName: '<duration>',
  }),
});
