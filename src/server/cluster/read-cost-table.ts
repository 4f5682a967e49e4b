/** Measured times of a layer's linear operations, from a file. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import type { CostTables } from '../../simulator/cluster/cost-options.js';

const curve = z.object({ at: z.array(z.number().nonnegative()), ms: z.array(z.number().nonnegative()) });
const tables = z.object({
  /** All linear operations of one layer on one GPU, by tokens in the step. */
  layer: curve,
  /** One all-reduce within a replica, by bytes. */
  allReduce: curve.optional(),
});

/**
 * Reads `{"layer": {"at": [tokens…], "ms": […]}, "allReduce": {"at": [bytes…], "ms": […]}}`.
 *
 * @param path - undefined without a table
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export async function readCostTable(path: string | undefined): Promise<CostTables | undefined> {
  if (path === undefined) return undefined;
  const refuse = (problem: string): FakeaiError<'FAKEAI_SETTING_INVALID'> =>
    new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `cost-table ${path}`,
      problem,
      hint: 'Give a JSON file such as {"layer":{"at":[1,64,512],"ms":[0.4,0.5,1.9]}}; see docs/simulator/cost-model.md.',
    });
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw refuse(`cannot be read: ${messageOf(error)}`);
  }
  const parsed = tables.safeParse(content);
  if (parsed.success) {
    const { layer, allReduce } = parsed.data;
    return allReduce ? { layer, allReduce } : { layer };
  }
  const [issue] = parsed.error.issues;
  throw refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not a table'}`);
}
