/** Every setting of the commands that read run files has its effect, and the stronger layer decides it. */
import { describeEffects } from './situations.js';
import { STORED_ROWS, useStoredRuns } from './stored-rows.js';

useStoredRuns();
describeEffects(STORED_ROWS);
