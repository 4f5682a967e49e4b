import type { HeldOutPoint } from './cost-holdout.mjs';

export const PCIE_HELD_OUT: readonly HeldOutPoint[];
