/** No setting without an effect that a test has seen: a new one needs a row in the tables of this folder. */
import { expect, it } from 'vitest';
import { SETTINGS } from '../../../src/config/describe-settings.js';
import { ACCESS_ROWS } from './access-rows.js';
import { BENCH_ROWS } from './bench-rows.js';
import { CONTENT_ROWS } from './content-rows.js';
import { LIVE_FLEET_ROWS } from './live-fleet-rows.js';
import { LOAD_SERIES_ROWS } from './load-series-rows.js';
import { FLEET_ROWS, SERVER_FLEET_ROWS } from './fleet-rows.js';
import { LOAD_SHAPE_ROWS } from './load-shape-rows.js';
import { MODELS_ROWS } from './models-rows.js';
import { OPERATE_ROWS } from './operate-rows.js';
import { PRINTED_ROWS } from './printed-rows.js';
import { REPLAY_ROWS } from './replay-rows.js';
import { runRows } from './run-rows.js';
import { SERVER_ROWS } from './server-rows.js';
import { STORAGE_ROWS } from './storage-rows.js';
import { STORED_ROWS } from './stored-rows.js';
import { VIRTUAL_CONTENT_ROWS } from './virtual-content-rows.js';
import { VIRTUAL_LOAD_ROWS } from './virtual-load-rows.js';
import { VIRTUAL_TRACE_ROWS } from './virtual-trace-rows.js';
import { WEBHOOK_ROWS } from './webhook-rows.js';

const covered = [
  ...SERVER_ROWS,
  ...SERVER_FLEET_ROWS,
  ...LIVE_FLEET_ROWS,
  ...STORAGE_ROWS,
  ...ACCESS_ROWS,
  ...runRows('bench'),
  ...BENCH_ROWS,
  ...LOAD_SHAPE_ROWS,
  ...LOAD_SERIES_ROWS,
  ...CONTENT_ROWS,
  ...runRows('replay'),
  ...REPLAY_ROWS,
  ...FLEET_ROWS,
  ...VIRTUAL_LOAD_ROWS,
  ...VIRTUAL_CONTENT_ROWS,
  ...VIRTUAL_TRACE_ROWS,
  ...PRINTED_ROWS,
  ...STORED_ROWS,
  ...MODELS_ROWS,
  ...OPERATE_ROWS,
  ...WEBHOOK_ROWS,
].map(({ path }) => path);

it('the effect of every setting is observed', () => {
  const missing = SETTINGS.map(({ path }) => path).filter((path) => !covered.includes(path));
  expect(missing, 'settings without a row').toEqual([]);
});

it('every setting has one row', () => {
  expect(covered).toHaveLength(SETTINGS.length);
});
