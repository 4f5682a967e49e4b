import type { HeldOutPoint } from './cost-holdout.mjs';

export const DENSE_HELD_OUT: readonly HeldOutPoint[];
