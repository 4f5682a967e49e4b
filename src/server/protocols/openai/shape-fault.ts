/** What is wrong with a place of a request. */
import type { ApiError } from './errors.js';

/** Where it is, from the root of the body. */
export type Path = readonly (string | number)[];

/** What is wrong, and where. */
export interface Fault {
  path: Path;
  error: ApiError;
  /** Something is not there. */
  isMissing?: boolean;
}

/** What stands for a file of a form where its values are looked at. */
export const FILE_PART: unique symbol = Symbol('a file of a form');
