/** The analytic cost model as a table, for those who want to change single times of it. */
import { FakeaiError } from '../../lib/errors.js';
import { gpuAllReduceMs } from '../hardware/gpu.js';
import { ACTIVATION_BYTES, analyticTokenCosts } from './cost-layers.js';
import { type CostModelOptions, type CostTables, resolveCostSetup } from './cost-options.js';

/** Tokens of a step at which times are told; more up to the budget of a step. Kernels change their pace within a factor of two. */
const FIRST_TOKENS = [1, 2, 4, 8, 12] as const;

function tokenCounts(most: number): number[] {
  const counts: number[] = [...FIRST_TOKENS];
  for (let tokens = 16; tokens < most; tokens *= 2) counts.push(tokens, 1.25 * tokens, 1.5 * tokens);
  return [...counts.filter((tokens) => tokens < most), Math.max(most, 2)];
}

/** Six significant digits. */
const rounded = (ms: number): number => Number(ms.toPrecision(6));

/**
 * The times of a layer's linear operations, and of an all-reduce if there are several GPUs: with them the table model gives what the
 * analytic one gives, but for what a straight line between two points misses.
 *
 * @param options - `kind` and `tables` do not matter
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a model that a table cannot describe
 */
export function costTablesOf(options: CostModelOptions): CostTables {
  const setup = resolveCostSetup(options);
  const { architecture, tensorParallel, gpu } = setup;
  if (architecture.experts !== undefined || setup.attentionDataParallel)
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--output costs',
      problem: 'a table has one time per layer and token count, which cannot describe a mixture of experts',
      hint: 'Name a dense model.',
    });
  const costs = analyticTokenCosts(setup);
  const counts = tokenCounts(setup.memory.batchedTokens);
  const sizes = counts.map((tokens) => tokens * architecture.hidden * ACTIVATION_BYTES);
  return {
    layer: { at: counts, ms: counts.map((tokens) => rounded(costs.rankMs(tokens) / architecture.layers)) },
    ...(tensorParallel > 1 && {
      allReduce: { at: sizes, ms: sizes.map((bytes) => rounded(gpuAllReduceMs(gpu, bytes, tensorParallel))) },
    }),
  };
}
