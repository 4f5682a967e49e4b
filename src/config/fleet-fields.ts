/** What a simulated fleet is made of, as settings. */
import {
  choice,
  duration,
  integer,
  list,
  nonNegative,
  positive,
  setting,
  share,
  text,
  toggle,
} from './fields.js';

const off = (meaning: string): string => `${meaning}; 0 for none`;

/** GPUs, model split and cost model. */
const hardwareFields = {
  gpu: setting(text().default('h100'), {
    summary: 'GPU that the replicas run on, or a file that describes one',
    group: 'fleet',
    valueName: '<name|file>',
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
  ep: setting(integer(1, 1024).default(1), {
    summary: 'Groups of the GPUs of a replica that hold different experts (expert parallelism); divides tp',
    group: 'fleet',
    valueName: '<n>',
  }),
  attentionDp: setting(toggle().default(false), {
    summary:
      'Divide the sequences of a batch, not the attention heads, among the GPUs of a replica (data-parallel attention)',
    group: 'fleet',
  }),
  weights: setting(choice(['auto', 'bf16', 'fp8', 'fp4', 'int4']).default('auto'), {
    summary: 'Data type of the weights; auto is that of the published checkpoint',
    group: 'fleet',
  }),
  kvType: setting(choice(['bf16', 'fp8']).default('bf16'), {
    summary: 'Data type of keys and values in the cache',
    group: 'fleet',
  }),
  kernels: setting(choice(['both', 'vllm', 'trtllm']).default('both'), {
    summary: 'Whose kernels the GPUs run; both is a fit of both engines together',
    group: 'fleet',
  }),
  gpuMemoryUtilization: setting(share().default(0.9), {
    summary: 'Share of a GPU memory that weights, activations and the KV cache may use',
    group: 'fleet',
    valueName: '<share>',
  }),
  costModel: setting(choice(['analytic', 'table', 'polynomial']).default('analytic'), {
    summary:
      "How steps are priced: analytic from model and GPU, table from measurements (--cost-table), polynomial as Dynamo's mocker",
    group: 'fleet',
  }),
  costTable: setting(text().optional(), {
    summary: 'JSON file with measured times of the linear operations of a layer, for --cost-model table',
    group: 'fleet',
    valueName: '<file>',
  }),
};

/** The engine of a replica. */
const engineFields = {
  maxNumSeqs: setting(integer(1, 65_536).default(256), {
    summary: 'Most sequences that a replica computes at once',
    group: 'engine',
    valueName: '<n>',
  }),
  maxNumBatchedTokens: setting(integer(1, 1_048_576).default(8192), {
    summary:
      'Most tokens of one step, of each rank with --attention-dp and each microbatch with --pp; longer prompts are computed in chunks',
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
  maxModelLen: setting(integer(0, 10_000_000).default(0), {
    summary:
      'Longest prompt plus answer, in tokens; 0 for the context window of the model, or less if the memory holds less',
    group: 'engine',
    valueName: '<n>',
  }),
  chunkedPrefill: setting(toggle().default(true), {
    summary:
      'Compute prompts in chunks beside running sequences; without it a prompt takes one step or waits, and one that no step has room for is refused',
    group: 'engine',
  }),
  longPrefillTokenThreshold: setting(integer(0, 1_048_576).default(0), {
    summary: off('Most tokens of one prompt in a step'),
    group: 'engine',
    valueName: '<n>',
  }),
  cacheTtl: setting(duration('s').default(300_000), {
    summary: 'How long unused blocks are kept, with --eviction ttl',
    group: 'engine',
    valueName: '<duration>',
  }),
  kvOffloadingSize: setting(nonNegative().default(0), {
    summary: off('GiB of host memory per replica for blocks that the GPUs have no room for'),
    group: 'engine',
    valueName: '<GiB>',
  }),
  kvDiskSize: setting(nonNegative().default(0), {
    summary: off('GiB of disk per replica for blocks that have no room above'),
    group: 'engine',
    valueName: '<GiB>',
  }),
  kvOffloadingSpeed: setting(positive().default(20), {
    summary: 'Gigabytes per second from host memory to the GPUs of a replica, with --kv-offloading-size',
    group: 'engine',
    valueName: '<GB/s>',
  }),
  kvDiskSpeed: setting(positive().default(7), {
    summary: 'Gigabytes per second from disk to the GPUs of a replica, with --kv-disk-size',
    group: 'engine',
    valueName: '<GB/s>',
  }),
  kvPrefetch: setting(toggle().default(false), {
    summary:
      'Load what --kv-offloading-size and --kv-disk-size hold of a prompt when it is queued, not only when it is its turn',
    group: 'engine',
  }),
  speculativeMethod: setting(choice(['none', 'eagle', 'mtp', 'ngram']).default('none'), {
    summary: 'Speculative decoding: drafts that are verified several at a time',
    group: 'engine',
  }),
  numSpeculativeTokens: setting(integer(1, 64).default(5), {
    summary: 'Drafts per step, with --speculative-method',
    group: 'engine',
    valueName: '<n>',
  }),
  acceptanceRate: setting(share().optional(), {
    summary: 'Probability that a draft is accepted if those before it were; by default that of the method',
    group: 'engine',
    valueName: '<share>',
  }),
  prefillReplicas: setting(integer(0, 4095).default(0), {
    summary: off('Of the replicas, how many only compute prompts; the others decode (disaggregation)'),
    group: 'fleet',
    valueName: '<n>',
  }),
  kvTransferSpeed: setting(positive().default(64), {
    summary: 'Gigabytes per second from a prefill replica to those that decode',
    group: 'fleet',
    valueName: '<GB/s>',
  }),
};

/** The router. */
const routerFields = {
  router: setting(
    choice(['round-robin', 'random', 'least-loaded', 'kv', 'adaptive']).default('round-robin'),
    {
      summary: 'How requests are spread over the replicas; kv goes where the prefix is cached',
      group: 'fleet',
    },
  ),
  routerTemperature: setting(nonNegative().default(0), {
    summary: 'With --router kv: 0 takes the lowest cost, more spreads requests by a softmax over the costs',
    group: 'router',
    valueName: '<number>',
  }),
  routerObjectives: setting(text().optional(), {
    summary:
      'With --router adaptive: weights of what it learns to balance, such as latency=0.5,throughput=0.3,cost=0.2',
    group: 'router',
    valueName: '<weights>',
  }),
  abSplit: setting(text().optional(), {
    summary:
      'Several routers and their shares of the traffic in place of --router, such as kv=9,round-robin=1',
    group: 'router',
    valueName: '<shares>',
  }),
  circuitBreaker: setting(integer(0, 1000).default(0), {
    summary: off('Failures in a row after which a replica gets no requests for a while'),
    group: 'router',
    valueName: '<n>',
  }),
  circuitBreakerOpen: setting(duration('s').default(10_000), {
    summary: 'How long that is, until one request may try again',
    group: 'router',
    valueName: '<duration>',
  }),
  circuitBreakerTtft: setting(duration('ms').default(0), {
    summary: 'With --circuit-breaker: a first token later than this is a failure; 0 for never',
    group: 'router',
    valueName: '<duration>',
  }),
  batchingWindow: setting(duration('ms').default(0), {
    summary: off(
      'How long the router holds requests to place them together, those of common prefixes next to each other',
    ),
    group: 'router',
    valueName: '<duration>',
  }),
  batchingMax: setting(integer(1, 10_000).default(32), {
    summary: 'Requests that are placed at once, with --batching-window',
    group: 'router',
    valueName: '<n>',
  }),
  coalescing: setting(toggle().default(false), {
    summary: 'Compute equal requests that are in flight at the same time once',
    group: 'router',
  }),
};

/** What goes wrong. */
const failureFields = {
  failure: setting(list(text()).default([]), {
    summary:
      'Failure of a replica: KIND:REPLICA@AT+FOR[*FACTOR], such as crash:1@30s+10s, xid79:0@1m+20s, slow:0@0s+5m*3, thermal:0@10s+1m*1.5',
    group: 'failures',
    repeatable: true,
    valueName: '<failure>',
  }),
  onCrash: setting(choice(['requeue', 'fail']).default('requeue'), {
    summary: 'What happens to the requests of a replica that crashes: they go on elsewhere, or fail',
    group: 'failures',
  }),
};

/** Hardware, replicas, engine, router and failures; names follow vLLM's. */
export const fleetFields = { ...hardwareFields, ...engineFields, ...routerFields, ...failureFields };

/** What only requests with a sender can have. */
export const liveFleetFields = {
  schedulingPolicy: setting(choice(['fcfs', 'priority']).default('fcfs'), {
    summary: 'Order of waiting requests: by arrival, or by the priority that requests name (lower first)',
    group: 'engine',
  }),
  cacheIsolation: setting(choice(['none', 'user', 'key']).default('none'), {
    summary: 'Whose requests share no cached blocks with those of others: nobody, each user, each API key',
    group: 'engine',
  }),
  warmPrompt: setting(list(text()).default([]), {
    summary: 'File with a system prompt that all replicas have computed before the first request',
    group: 'engine',
    repeatable: true,
    valueName: '<file>',
  }),
  sessionAffinity: setting(duration('s').default(0), {
    summary: 'How long an idle conversation stays on its replica; 0 for not at all',
    group: 'router',
    valueName: '<duration>',
  }),
};
