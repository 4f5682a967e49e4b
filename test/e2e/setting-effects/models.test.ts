/** Every setting of `models` has its effect, and the stronger layer decides it. */
import { MODELS_ROWS, useModelFiles } from './models-rows.js';
import { describeEffects } from './situations.js';

useModelFiles();
describeEffects(MODELS_ROWS);
