/** The entry of a load thread; Piscina calls it once per run. */
export { runThread as default } from './load-thread.js';
