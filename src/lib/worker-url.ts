/** Where the built code of a worker thread is, also when the caller itself runs from TypeScript sources (in tests). */
import { packageFile } from './package-files.js';

/**
 * Resolves the built JavaScript file of a worker.
 *
 * @param entry - the worker's file beside the caller, such as `./worker.js`: one of those that scripts/lib/bundle.mjs names
 */
export const workerUrl = (entry: string): URL =>
  packageFile(`dist/bundle/threads/${entry.slice(entry.lastIndexOf('/') + 1)}`);
