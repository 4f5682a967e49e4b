/** Synthetic workloads: lengths from distributions, prompts that share nothing. */
import { createRandom } from '../lib/random.js';
import { prose } from '../lib/text/prose.js';
import type { Content } from './content.js';
import { sampleLength } from './lengths.js';
import type { LengthDistribution, Workload } from './plan.js';

/**
 * The contents of a synthetic workload. Each prompt is written from a stream of its own (seed, index), from its first
 * word on: two prompts of one plan do not share a beginning, so a server's prefix cache finds nothing that the workload
 * does not say. The same seed repeated against the same server sends the same prompts again, which it may have cached.
 *
 * Lengths and text have streams of their own: changing the distribution of answers leaves all prompts as they were.
 */
export function syntheticContent(seed: number, workload: Extract<Workload, { kind: 'synthetic' }>): Content {
  const length = (distribution: LengthDistribution, stream: string, index: number): number =>
    distribution.kind === 'fixed'
      ? distribution.value
      : sampleLength(distribution, createRandom(seed, stream, index));
  return {
    count: Number.POSITIVE_INFINITY,
    inputTokens: (index) => length(workload.inputTokens, 'input-length', index),
    outputTokens: (index) => length(workload.outputTokens, 'output-length', index),
    prompt: (index, tokens) => prose(createRandom(seed, 'prompt', index), tokens),
  };
}
