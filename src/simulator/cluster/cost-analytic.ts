/** The default cost model: fitted rooflines of every kernel of a step. */
import type { CostModel } from './cost.js';
import { analyticTokenCosts } from './cost-layers.js';
import type { CostSetup } from './cost-options.js';
import { createStepCostModel } from './cost-step.js';

/**
 * Prices steps from first principles and fitted efficiencies: see docs/simulator/cost-model.md.
 *
 * @param setup - model, GPU and split, checked
 */
export const createAnalyticCostModel = (setup: CostSetup): CostModel =>
  createStepCostModel(setup, analyticTokenCosts(setup));
