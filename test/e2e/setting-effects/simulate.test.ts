/** Every setting of `simulate` that one process can show has its effect, and the stronger layer decides it. */
import { FLEET_ROWS } from './fleet-rows.js';
import { useTraces } from './runs.js';
import { describeEffects } from './situations.js';
import { VIRTUAL_CONTENT_ROWS } from './virtual-content-rows.js';
import { useVirtualOutputs, VIRTUAL_LOAD_ROWS } from './virtual-load-rows.js';
import { VIRTUAL_TRACE_ROWS } from './virtual-trace-rows.js';

useTraces();
useVirtualOutputs();
describeEffects([...FLEET_ROWS, ...VIRTUAL_LOAD_ROWS, ...VIRTUAL_CONTENT_ROWS, ...VIRTUAL_TRACE_ROWS]);
