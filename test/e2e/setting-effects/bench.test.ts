/** Every setting of `bench` that one process can show has its effect, and the stronger layer decides it. */
import { BENCH_ROWS } from './bench-rows.js';
import { CONTENT_ROWS } from './content-rows.js';
import { LOAD_SHAPE_ROWS } from './load-shape-rows.js';
import { LOAD_SERIES_ROWS } from './load-series-rows.js';
import { useRecordingTarget } from './recording-target.js';
import { runRows, useOutputs } from './run-rows.js';
import { target, useTraces } from './runs.js';
import { describeEffects } from './situations.js';

useRecordingTarget(target);
useTraces();
useOutputs();
describeEffects([
  ...runRows('bench'),
  ...BENCH_ROWS,
  ...LOAD_SHAPE_ROWS,
  ...LOAD_SERIES_ROWS,
  ...CONTENT_ROWS,
]);
