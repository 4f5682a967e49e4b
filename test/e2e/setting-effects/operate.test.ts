/** Every setting of the commands that look at a server has its effect, and the stronger layer decides it. */
import { OPERATE_ROWS, useObservedServer } from './operate-rows.js';
import { describeEffects } from './situations.js';

useObservedServer();
describeEffects(OPERATE_ROWS);
