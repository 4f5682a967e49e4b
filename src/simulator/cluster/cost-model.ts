/** Chooses and builds a cost model. */
import { FakeaiError } from '../../lib/errors.js';
import type { CostModel } from './cost.js';
import { createAnalyticCostModel } from './cost-analytic.js';
import { replicaWeightBytes, reservedStateBytes } from './cost-memory.js';
import { type CostModelOptions, type CostSetup, resolveCostSetup } from './cost-options.js';
import { createPolynomialCostModel } from './cost-polynomial.js';
import { createTableCostModel } from './cost-table.js';
import { whatFits } from './what-fits.js';

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

const build = (options: CostModelOptions, setup: CostSetup): CostModel => {
  switch (options.kind) {
    case 'polynomial':
      return createPolynomialCostModel(setup, { speedup: 1, decodeSpeedup: 1, ...options.ratios });
    case 'table':
      if (options.tables === undefined)
        throw new FakeaiError('FAKEAI_SETTING_INVALID', {
          where: 'cost-table',
          problem: 'the table cost model needs measurements',
          hint: 'Give them with --cost-table FILE; see "A table of one\'s own" in docs/simulator/cost-model.md.',
        });
      return createTableCostModel(setup, options.tables);
    default:
      return createAnalyticCostModel(setup);
  }
};

/** What a model with recurrent layers or windows keeps for its sequences, for a message. */
const statesOf = (setup: CostSetup): string => {
  const bytes = reservedStateBytes(setup);
  return bytes > 0 ? `, ${gib(bytes)} of states of ${setup.memory.reservedSequences} sequences` : '';
};

/** As it was asked for: many models share an architecture. */
const nameOf = ({ architecture }: CostModelOptions, setup: CostSetup): string =>
  typeof architecture === 'string' ? architecture : setup.architecture.name;

const hintOf = (changes: readonly string[]): string =>
  changes.length > 0
    ? `It fits with ${changes.join(', or ')}.`
    : 'No single change is enough: use more GPUs per replica (--tp, --pp) and narrower weights (--weights), or a larger GPU.';

/**
 * Builds a cost model. It is pure and may be shared by all replicas of one configuration.
 *
 * @param options - model, GPU, split and types; see {@link CostModelOptions}
 * @throws FakeaiError FAKEAI_SETTING_INVALID for an unknown model or GPU, a split that does not divide the model, tables
 *   that cannot be interpolated, or a model that does not leave room for a single block of keys and values
 */
export const createCostModel = (options: CostModelOptions): CostModel => {
  const setup = resolveCostSetup(options);
  const model = build(options, setup);
  if (model.kvBlocks(16) < 1) {
    const gpus = setup.tensorParallel * setup.pipelineParallel;
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: 'gpu',
      problem: `${nameOf(options, setup)} in ${setup.weightType} (${gib(replicaWeightBytes(setup))} of weights${statesOf(setup)}) does not fit into ${gpus} × ${setup.gpu.name} (${gib(setup.gpu.memoryBytes)} each) with room for a cache`,
      hint: hintOf(whatFits(options, setup)),
    });
  }
  return model;
};
