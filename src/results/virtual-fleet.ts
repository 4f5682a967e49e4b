/** The simulated fleet of a run in virtual time, as the run file keeps it. */
import * as z from 'zod';
import { formatCount } from './format.js';

/** What a run in virtual time was simulated on. */
export const virtualFleetSchema = z.object({
  model: z.string(),
  gpu: z.string(),
  tensorParallel: z.int().positive(),
  pipelineParallel: z.int().positive(),
  replicas: z.int().positive(),
  router: z.string(),
  weights: z.string().describe('Data type'),
  kvType: z.string().describe('Data type of keys and values'),
  maxNumSeqs: z.int().positive().describe('Per replica'),
  maxNumBatchedTokens: z.int().positive().describe('Per step of each rank and microbatch of a replica'),
  maxQueue: z.int().nonnegative().describe('Waiting requests per replica'),
  blockTokens: z.int().positive(),
  eviction: z.string(),
  prefixCaching: z.boolean(),
  options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .optional()
    .describe('Further settings of the fleet, by name; durations in milliseconds'),
  gpuPricePerHour: z.number().positive().optional().describe('Dollars'),
});

/** A fleet that exists in virtual time only. */
export type VirtualFleet = z.output<typeof virtualFleetSchema>;

/** The simulated fleet in one line. */
export function describeFleet(fleet: VirtualFleet): string {
  const gpus = fleet.tensorParallel * fleet.pipelineParallel;
  const replicas = fleet.replicas === 1 ? '1 replica' : `${formatCount(fleet.replicas)} replicas`;
  return [
    `${replicas} of ${gpus} × ${fleet.gpu}`,
    `weights ${fleet.weights}`,
    `KV ${fleet.kvType}${fleet.prefixCaching ? '' : ', no prefix caching'}`,
    `router ${fleet.router}`,
    'in virtual time',
  ].join(' · ');
}
