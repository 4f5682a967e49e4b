/** What the KV cache does: prefixes found again, and too little room. */
import { costOf, largest, poisson, quantile, simulate } from './lib/simulate.mjs';

export const prefix = {
  name: 'prefix-hits',
  title: 'Prefix hits cut TTFT',
  question: 'How much does a common prefix (a system prompt, a conversation so far) save?',
  setup:
    'Llama-3.1-8B on one H100, 2 requests a second, prompts of exactly 8,000 tokens of which a share is the same in all of them, answers of 100 tokens.',
  columns: {
    sharedPercent: 'prompt in common, %',
    cachedPercent: 'found in the cache, %',
    ttftP50: 'TTFT p50, ms',
    ttftP99: 'TTFT p99, ms',
    savedPercent: 'TTFT p50 saved, %',
  },
  reading:
    'What is found is not computed. The saving is a little less than the share that is found, because a step has a fixed cost and the rest of the prompt still attends to all of it.',
  run: ({ count = 200, shares = [0, 0.2, 0.4, 0.6, 0.8, 0.95] } = {}) => {
    const rows = shares.map((sharedShare) => {
      const shape = { rateRps: 2, count, promptTokens: 8000, outputTokens: 100, exact: true, sharedShare };
      const { ttft, cachedShare } = simulate(poisson(shape), { cost: costOf() });
      return {
        sharedPercent: sharedShare * 100,
        cachedPercent: cachedShare * 100,
        ttftP50: quantile(ttft, 0.5),
        ttftP99: quantile(ttft, 0.99),
      };
    });
    return rows.map((row) => ({ ...row, savedPercent: (1 - row.ttftP50 / rows[0].ttftP50) * 100 }));
  },
  chart: (rows) => ({
    x: { label: 'share of the prompt in common, %', values: rows.map(({ sharedPercent }) => sharedPercent) },
    panels: [
      {
        label: 'ms',
        series: [
          { name: 'TTFT p50', values: rows.map(({ ttftP50 }) => ttftP50) },
          { name: 'TTFT p99', values: rows.map(({ ttftP99 }) => ttftP99) },
        ],
      },
    ],
  }),
};

export const preemption = {
  name: 'preemption',
  title: 'Preemption when KV blocks are short',
  question: 'What happens when the batch outgrows the memory?',
  setup:
    'The same load (8 requests a second, about 1,000 tokens in and 400 out) on replicas with fewer and fewer KV blocks of 16 tokens; caching of prefixes is off.',
  columns: {
    blocks: 'KV blocks',
    preemptions: 'preemptions',
    recomputed: 'prompt tokens computed per prompt token',
    ttftP99: 'TTFT p99, ms',
    longest: 'longest stall, ms',
    e2eP50: 'end to end p50, ms',
  },
  reading:
    'With room for all, nothing is preempted. Then sequences lose their blocks, wait, and are computed again: the same answers cost more work, and those who were put back stall. With still fewer blocks most of the harm is that requests wait for room before they begin.',
  run: ({ count = 300, sizes = [6000, 3000, 2000, 1600, 1400, 1200, 1000] } = {}) =>
    sizes.map((blocks) => {
      const requests = poisson({ rateRps: 8, count, promptTokens: 1000, outputTokens: 400 });
      const run = simulate(requests, {
        cost: costOf(),
        cache: { totalBlocks: blocks, prefixCaching: false },
        scheduler: { maxQueue: count },
      });
      const asked = requests.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
      return {
        blocks,
        preemptions: run.preemptions,
        recomputed: run.replicas[0].counters.prefillTokens / asked,
        ttftP99: quantile(run.ttft, 0.99),
        longest: largest(run.gaps),
        e2eP50: quantile(run.e2e, 0.5),
      };
    }),
  chart: (rows) => ({
    x: { label: 'KV blocks', values: rows.map(({ blocks }) => blocks).toReversed(), scale: 'log' },
    panels: [
      {
        label: 'preemptions',
        series: [{ name: 'preemptions', values: rows.map(({ preemptions }) => preemptions).toReversed() }],
      },
      {
        label: 'ms',
        series: [{ name: 'end to end p50', values: rows.map(({ e2eP50 }) => e2eP50).toReversed() }],
      },
    ],
  }),
};
