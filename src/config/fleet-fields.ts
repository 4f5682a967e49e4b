/** What a simulated fleet is made of, as settings. */
import { choice, integer, setting, text, toggle } from './fields.js';

/** Hardware, replicas, router and the engine's limits; names follow vLLM's. */
export const fleetFields = {
  gpu: setting(text().default('h100'), {
    summary: 'GPU that the replicas run on',
    group: 'fleet',
    valueName: '<name>',
  }),
  tp: setting(integer(1, 1024).default(4), {
    summary: 'GPUs that share each layer (tensor parallelism)',
    group: 'fleet',
    valueName: '<n>',
  }),
  pp: setting(integer(1, 1024).default(1), {
    summary: 'Stages that the layers are divided into (pipeline parallelism); a replica has tp × pp GPUs',
    group: 'fleet',
    valueName: '<n>',
  }),
  replicas: setting(integer(1, 4096).default(1), {
    summary: 'Replicas behind the router',
    group: 'fleet',
    valueName: '<n>',
  }),
  router: setting(
    choice(['round-robin', 'random', 'least-loaded', 'kv', 'adaptive']).default('round-robin'),
    {
      summary: 'How requests are spread over the replicas; kv goes where the prefix is cached',
      group: 'fleet',
    },
  ),
  weights: setting(choice(['bf16', 'fp8', 'fp4']).default('bf16'), {
    summary: 'Data type of the weights',
    group: 'fleet',
  }),
  kvType: setting(choice(['bf16', 'fp8']).default('bf16'), {
    summary: 'Data type of keys and values in the cache',
    group: 'fleet',
  }),
  maxNumSeqs: setting(integer(1, 65_536).default(256), {
    summary: 'Most sequences that a replica computes at once',
    group: 'engine',
    valueName: '<n>',
  }),
  maxNumBatchedTokens: setting(integer(1, 1_048_576).default(8192), {
    summary: 'Most tokens of one step; longer prompts are computed in chunks',
    group: 'engine',
    valueName: '<n>',
  }),
  maxQueue: setting(integer(0, 1_000_000).default(4096), {
    summary: 'Most requests that wait at a replica; further ones are refused with 429',
    group: 'engine',
    valueName: '<n>',
  }),
  blockTokens: setting(integer(1, 4096).default(16), {
    summary: 'Tokens per block of the KV cache; must divide the block length of a replayed trace',
    group: 'engine',
    valueName: '<n>',
  }),
  eviction: setting(choice(['lru', 'lfu', 'ttl']).default('lru'), {
    summary: 'Which cached blocks go first when the KV cache is full',
    group: 'engine',
  }),
  prefixCaching: setting(toggle().default(true), {
    summary: 'Keep blocks for later prompts that begin alike',
    group: 'engine',
  }),
};
