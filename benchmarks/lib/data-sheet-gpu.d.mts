import type { SimulatorParts } from './cost-accuracy.mjs';

export function byDataSheet(simulator: SimulatorParts, name: string, like: string): SimulatorParts;
