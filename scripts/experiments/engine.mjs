/** What the engine's own choices do: chunks, speculation, disaggregation. */
import { burst, costOf, largest, mean, poisson, quantile, simulate } from './lib/simulate.mjs';

export const chunked = {
  name: 'chunked-prefill',
  title: 'Chunked prefill trades TTFT against ITL',
  question: 'How many prompt tokens should share a step with those who are generating?',
  setup:
    'Llama-3.1-8B on one H100. 16 users generate all the time; every 2 seconds a prompt of 30,000 tokens arrives. `max_num_batched_tokens` is the most tokens of a step, so the longest piece of a prompt.',
  columns: {
    budget: 'tokens per step',
    longTtft: 'TTFT of long prompts, ms',
    itlP50: 'ITL p50 of the others, ms',
    itlP999: 'ITL p99.9 of the others, ms',
    longest: 'longest stall, ms',
  },
  reading:
    'Small chunks keep everybody’s tokens coming and make the long prompt wait for more steps. Large ones compute the prompt a little sooner and stop everybody else meanwhile: from some 2,000 tokens on a longer piece buys almost nothing, because the GPU is busy already.',
  run: ({ prompts = 8, budgets = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768] } = {}) =>
    budgets.map((budget) => {
      const horizon = prompts * 2000;
      const long = Array.from({ length: prompts }, (_, i) => ({
        id: 1000 + i,
        arrivalMs: 1000 + i * 2000,
        promptTokens: 30_000,
        outputTokens: 2,
        blockHashes: [],
      }));
      const users = burst(16, 100, Math.round(horizon / 7));
      const requests = [...users, ...long];
      const options = {
        cost: costOf(),
        scheduler: { maxNumBatchedTokens: budget, maxNumSeqs: 64 },
        cache: { prefixCaching: false },
      };
      const isLong = ({ id }) => id >= 1000;
      const { ttft } = simulate(requests, options, isLong);
      const { gaps } = simulate(requests, options, (request) => !isLong(request));
      return {
        budget,
        longTtft: mean(ttft),
        itlP50: quantile(gaps, 0.5),
        itlP999: quantile(gaps, 0.999),
        longest: largest(gaps),
      };
    }),
  chart: (rows) => ({
    x: { label: 'tokens per step', values: rows.map(({ budget }) => budget), scale: 'log' },
    panels: [
      { label: 'ms', series: [{ name: 'TTFT, long prompts', values: rows.map(({ longTtft }) => longTtft) }] },
      {
        label: 'ms',
        series: [
          { name: 'ITL p99.9, others', values: rows.map(({ itlP999 }) => itlP999) },
          { name: 'longest stall', values: rows.map(({ longest }) => longest) },
        ],
      },
    ],
  }),
};

const DRAFTS = 5;

/** Tokens per second of one user with drafts of a given acceptance over those without. */
function speedUp(sequences, speculation, outputTokens) {
  const rate = (spec) =>
    simulate(burst(sequences, 200, outputTokens), {
      cost: costOf({ architecture: 'llama-3.3-70b', tensorParallel: 4 }),
      scheduler: { maxNumSeqs: 512, maxNumBatchedTokens: 16_384 },
      ...(spec && { speculation: spec }),
    }).tokensPerSecondPerUser;
  return rate(speculation) / rate(undefined);
}

export const speculation = {
  name: 'speculation',
  title: 'Speculation pays where drafts are accepted and steps are cheap',
  question: 'How much faster does a user see tokens with speculative decoding?',
  setup: `Llama-3.3-70B on 4 H100, answers of 400 tokens. EAGLE-like drafts of ${DRAFTS} tokens, each accepted with the same probability if those before it were; a draft position costs 3 % of a step. n-gram lookup finds a proposal in half of the steps and costs nothing.`,
  columns: {
    acceptance: 'acceptance per position',
    expected: 'tokens per step',
    alone: 'speed-up, 1 user',
    batch32: '32 users',
    batch256: '256 users',
    ngram: 'n-gram, 1 user',
  },
  reading:
    'For one user a step is all memory, so verifying six tokens costs about as much as one: the speed-up is nearly the tokens per step, less the cost of drafting, between 2 and 5 where acceptance warrants it and below 1 where nothing is accepted. With a large batch the tokens that are verified in vain are real work, and the gain shrinks.',
  run: ({ outputTokens = 400, acceptances = [0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95], large = 256 } = {}) =>
    acceptances.map((acceptance) => {
      const positions = Array.from({ length: DRAFTS }, () => acceptance);
      const eagle = { method: 'eagle', acceptance: positions };
      const expected = positions.reduce((sum, _, i) => sum + acceptance ** (i + 1), 1);
      return {
        acceptance,
        expected,
        alone: speedUp(1, eagle, outputTokens),
        batch32: speedUp(32, eagle, outputTokens),
        batch256: speedUp(large, eagle, outputTokens),
        ngram: speedUp(1, { method: 'ngram', acceptance: positions }, outputTokens),
      };
    }),
  chart: (rows) => ({
    x: { label: 'acceptance per position', values: rows.map(({ acceptance }) => acceptance) },
    panels: [
      {
        label: 'speed-up',
        series: [
          { name: '1 user', values: rows.map(({ alone }) => alone) },
          { name: '32 users', values: rows.map(({ batch32 }) => batch32) },
          { name: '256 users', values: rows.map(({ batch256 }) => batch256) },
          { name: 'n-gram, 1 user', values: rows.map(({ ngram }) => ngram) },
        ],
      },
    ],
  }),
};

export const disaggregation = {
  name: 'disaggregation',
  title: 'Disaggregation keeps prompts away from those who generate',
  question: 'What changes when some replicas only compute prompts and the others only decode?',
  setup:
    'Four replicas of Llama-3.1-8B on an H100 each, prompts of about 4,000 and answers of about 300 tokens. Together: four that do everything, least loaded first. Apart: two for prompts, two for decoding, 64 GB/s between them.',
  columns: {
    rateRps: 'offered, requests/s',
    togetherTtft: 'TTFT p50 together, ms',
    apartTtft: 'apart, ms',
    togetherItl: 'ITL p99 together, ms',
    apartItl: 'apart, ms',
  },
  reading:
    'Together every arriving prompt stretches the steps of those who generate: the 99th percentile of ITL shows it. Apart it does not happen, at the price of a transfer before the second token and of half the replicas for prompts, so TTFT is higher under load.',
  run: ({ count = 600, rates = [4, 8, 12, 16, 20] } = {}) =>
    rates.map((rateRps) => {
      const requests = poisson({ rateRps, count, promptTokens: 4000, outputTokens: 300 });
      const router = { policy: { policy: 'least-loaded' } };
      const base = { cost: costOf(), replicas: 4, router, scheduler: { maxQueue: count } };
      const together = simulate(requests, base);
      const apart = simulate(requests, { ...base, disaggregation: { prefillReplicas: 2 } });
      return {
        rateRps,
        togetherTtft: quantile(together.ttft, 0.5),
        apartTtft: quantile(apart.ttft, 0.5),
        togetherItl: quantile(together.gaps, 0.99),
        apartItl: quantile(apart.gaps, 0.99),
      };
    }),
  chart: (rows) => ({
    x: { label: 'offered requests per second', values: rows.map(({ rateRps }) => rateRps) },
    panels: [
      {
        label: 'ITL p99, ms',
        series: [
          { name: 'together', values: rows.map(({ togetherItl }) => togetherItl) },
          { name: 'apart', values: rows.map(({ apartItl }) => apartItl) },
        ],
      },
      {
        label: 'TTFT p50, ms',
        series: [
          { name: 'together', values: rows.map(({ togetherTtft }) => togetherTtft) },
          { name: 'apart', values: rows.map(({ apartTtft }) => apartTtft) },
        ],
      },
    ],
  }),
};
