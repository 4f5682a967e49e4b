import type { HeldOutPoint } from './cost-holdout.mjs';

export const BLIND: readonly HeldOutPoint[];
