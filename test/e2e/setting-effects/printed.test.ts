/** Every setting that decides what is printed has its effect, and the stronger layer decides it. */
import { PRINTED_ROWS, usePrintedFiles } from './printed-rows.js';
import { describeEffects } from './situations.js';

usePrintedFiles();
describeEffects(PRINTED_ROWS);
