/** A cost model that trusts measurements where there are some: linear operations (and all-reduces) from tables. */
import { FakeaiError } from '../../lib/errors.js';
import type { CostModel } from './cost.js';
import { analyticTokenCosts, headMs, messagesMs } from './cost-layers.js';
import type { CostSetup, CostTables, MeasuredCurve } from './cost-options.js';
import { createStepCostModel } from './cost-step.js';
import { gpuAllReduceMs } from '../hardware/gpu.js';

const check = (curve: MeasuredCurve, where: string): void => {
  const ascending = curve.at.every((value, i) => i === 0 || value > (curve.at[i - 1] ?? value));
  if (curve.at.length < 2 || curve.at.length !== curve.ms.length || !ascending)
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where,
      problem: 'needs at least two points in ascending order and one time for each',
      hint: 'In the file of --cost-table, such as {"layer":{"at":[1,64,512],"ms":[0.4,0.5,1.9]}}.',
    });
};

/**
 * A function through measured points: linear between them, constant before the first (a kernel's floor), and along the
 * last two after the last (large kernels grow in proportion).
 *
 * Measured times jitter; where one dips below an earlier one the earlier is kept, so that more work is never cheaper.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for fewer than two points or points out of order
 */
export const interpolate = (curve: MeasuredCurve, where: string): ((at: number) => number) => {
  check(curve, where);
  const at = Float64Array.from(curve.at);
  const ms = Float64Array.from(curve.ms);
  for (let i = 1; i < ms.length; i += 1) ms[i] = Math.max(ms[i] ?? 0, ms[i - 1] ?? 0);
  const last = at.length - 1;
  return (value) => {
    if (value <= (at[0] ?? 0)) return ms[0] ?? 0;
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((at[middle] ?? 0) <= value) low = middle;
      else high = middle;
    }
    const from = at[low] ?? 0;
    const share = (value - from) / ((at[high] ?? 0) - from);
    return (ms[low] ?? 0) + share * ((ms[high] ?? 0) - (ms[low] ?? 0));
  };
};

/**
 * As the analytic model, with the linear operations of a layer from a measured table.
 *
 * @param setup - model, GPU and split that the tables were measured with; a dense model
 * @param tables - the measurements
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a table that cannot be interpolated, or a mixture of experts
 */
export const createTableCostModel = (setup: CostSetup, tables: CostTables): CostModel => {
  if (setup.architecture.experts !== undefined || setup.attentionDataParallel)
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: 'cost-table',
      problem: 'hold one time per layer and token count, which cannot describe a mixture of experts',
      hint: 'Use the analytic cost model for this one.',
    });
  const { layers } = setup.architecture;
  const layer = interpolate(tables.layer, 'tables.layer');
  const measured = tables.allReduce && interpolate(tables.allReduce, 'tables.allReduce');
  const allReduce =
    measured ?? ((bytes: number): number => gpuAllReduceMs(setup.gpu, bytes, setup.tensorParallel));
  return createStepCostModel(setup, {
    ...analyticTokenCosts(setup),
    rankMs: (tokens) => layers * layer(tokens),
    groupMs: (tokens) => messagesMs(setup, tokens, setup.tensorParallel > 1 ? allReduce : () => 0),
    headMs: (rows) => headMs(setup, rows),
  });
};
