/** What to change so that a model fits into the memory of its GPUs. */
import { findGpu, GPU_NAMES } from '../hardware/catalogue.js';
import { WEIGHT_BYTES, type WeightType } from '../hardware/gpu.js';
import { replicaKvBytes, replicaKvBytesPerToken } from './cost-memory.js';
import { type CostModelOptions, type CostSetup, resolveCostSetup } from './cost-options.js';

/** Room for the cache that a suggestion has at least: less is none to work with. */
const LEAST_TOKENS = 16_384;
const MOST_GPUS = 64;
/** vLLM's default. */
const USUAL_UTILIZATION = 0.9;
/** Below it prompts are computed in pieces so small that nobody would want that. */
const LEAST_BATCHED_TOKENS = 1024;

/** The setup of a change, where the model can be divided so and has room for a cache. */
function fitting(options: CostModelOptions): CostSetup | undefined {
  let setup: CostSetup;
  try {
    setup = resolveCostSetup(options);
  } catch {
    return undefined; // heads, layers or experts cannot be divided so
  }
  return replicaKvBytes(setup) >= LEAST_TOKENS * replicaKvBytesPerToken(setup) ? setup : undefined;
}

const powersFrom = (first: number, last: number): number[] => {
  const powers: number[] = [];
  for (let power = first; power <= last; power *= 2) powers.push(power);
  return powers;
};

/** More GPUs: as many as share a layer, then stages of eight. */
function moreGpus(options: CostModelOptions, { tensorParallel, pipelineParallel }: CostSetup): string[] {
  const tp = powersFrom(2 * tensorParallel, MOST_GPUS / pipelineParallel).find((gpus) =>
    fitting({ ...options, tensorParallel: gpus }),
  );
  if (tp !== undefined) return [`--tp ${tp}`];
  const pp = powersFrom(2 * pipelineParallel, MOST_GPUS / tensorParallel).find((stages) =>
    fitting({ ...options, pipelineParallel: stages }),
  );
  return pp === undefined ? [] : [`--pp ${pp}`];
}

/** The widest of the narrower types. */
function narrowerWeights(options: CostModelOptions, { weightType }: CostSetup): string[] {
  const types = (['fp8', 'fp4'] satisfies WeightType[]).filter(
    (type) => WEIGHT_BYTES[type] < WEIGHT_BYTES[weightType],
  );
  const type = types.find((narrower) => fitting({ ...options, weightType: narrower }));
  return type === undefined ? [] : [`--weights ${type}`];
}

/** The smallest of the known GPUs on which it fits. */
function largerGpu(options: CostModelOptions, setup: CostSetup): string[] {
  const fits = GPU_NAMES.map((name) => findGpu(name)!)
    .filter(({ memoryBytes }) => memoryBytes > setup.gpu.memoryBytes)
    .toSorted((a, b) => a.memoryBytes - b.memoryBytes)
    .find((gpu) => fitting({ ...options, gpu }));
  return fits ? [`--gpu ${fits.name}`] : [];
}

/** Half as many tokens or sequences in a step, as often as it takes: activations and states need room, too. */
function smallerSteps(options: CostModelOptions, { memory }: CostSetup): string[] {
  const halves = (from: number, to: number): number[] =>
    powersFrom(1, from / to)
      .slice(1)
      .map((part) => Math.floor(from / part));
  const fits = (change: Partial<typeof memory>): boolean =>
    fitting({ ...options, memory: { ...options.memory, ...change } }) !== undefined;
  const least = Math.max(LEAST_BATCHED_TOKENS, memory.reservedSequences);
  const tokens = halves(memory.batchedTokens, least).find((batchedTokens) => fits({ batchedTokens }));
  if (tokens !== undefined) return [`--max-num-batched-tokens ${tokens}`];
  const seqs = halves(memory.reservedSequences, 1).find((reservedSequences) => fits({ reservedSequences }));
  return seqs === undefined ? [] : [`--max-num-seqs ${seqs}`];
}

/** The usual share of the memory, where less was asked for. */
function moreMemory(options: CostModelOptions, { memory }: CostSetup): string[] {
  const fits =
    memory.utilization < USUAL_UTILIZATION &&
    fitting({ ...options, memory: { ...options.memory, utilization: USUAL_UTILIZATION } });
  return fits ? [`--gpu-memory-utilization ${USUAL_UTILIZATION}`] : [];
}

/**
 * Changes of which each alone makes the model fit, as flags.
 *
 * @param options - those that do not fit
 * @returns empty where no single change is enough
 */
export function whatFits(options: CostModelOptions, setup: CostSetup): string[] {
  return [moreMemory, smallerSteps, moreGpus, narrowerWeights, largerGpu].flatMap((changes) =>
    changes(options, setup),
  );
}
