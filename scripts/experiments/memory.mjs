/** What the KV cache does: prefixes found again, and too little room. */
import { createRandom } from '../../dist/lib/random.js';
import { costOf, largest, mean, poisson, quantile, simulate } from './lib/simulate.mjs';

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

/** Prompts of 6,000 tokens that begin with one of 60 documents, which do not fit into GPU memory all at once. */
function documents(rateRps, count) {
  const random = createRandom(1, 'documents');
  let arrivalMs = 0;
  return Array.from({ length: count }, (_, id) => {
    arrivalMs += (random.exponential() * 1000) / rateRps;
    const document = 1000 * random.int(60);
    const blockHashes = Array.from({ length: 375 }, (__, i) => (i < 370 ? document : 1e6 * (id + 1)) + i);
    return { id, arrivalMs, promptTokens: 6000, outputTokens: 100, blockHashes };
  });
}

export const prefetch = {
  name: 'prefetch',
  title: 'Reading from host memory while a request waits',
  question:
    'What does it save to load cached blocks when a request is queued (`--kv-prefetch`), and not only when it is its turn?',
  setup:
    'Llama-3.1-8B on one H100 with 8,000 KV blocks of 16 tokens, answers of 100 tokens, prompts of 6,000 tokens of which all but 80 are one of 60 documents; what does not fit is in host memory, read at 20 GB/s. The first 100 requests are not counted.',
  columns: {
    rateRps: 'requests/s',
    aheadPercent: 'of the blocks loaded, ahead, %',
    ttftLate: 'TTFT mean without, ms',
    ttftEarly: 'TTFT mean with, ms',
    p95Late: 'TTFT p95 without, ms',
    p95Early: 'TTFT p95 with, ms',
  },
  reading:
    'A load of 0.8 GB takes 39 ms. A request that comes while a step is computed gains the rest of that step, whether it is the only one or not; while others are loaded it shares the link with them. So a few per cent is what there is to gain. Near the limit of the replica the blocks are taken, and what is loaded early would be evicted before it is used: then loads wait for their turn, and nothing is gained.',
  run: ({ count = 900, rates = [1, 2, 4, 6, 8, 10, 12] } = {}) =>
    rates.map((rateRps) => {
      const [late, early] = [false, true].map((kvPrefetch) =>
        simulate(
          documents(rateRps, count),
          {
            cost: costOf(),
            cache: {
              totalBlocks: 8000,
              tiers: [{ name: 'host', capacityBlocks: 1e6, gigabytesPerSecond: 20, latencyMs: 0 }],
            },
            scheduler: { kvPrefetch },
          },
          ({ id }) => id >= 100,
        ),
      );
      const { prefetchedUnits, loadedUnits } = early.replicas[0].tiers[0];
      return {
        rateRps,
        aheadPercent: (100 * prefetchedUnits) / loadedUnits,
        ttftLate: mean(late.ttft),
        ttftEarly: mean(early.ttft),
        p95Late: quantile(late.ttft, 0.95),
        p95Early: quantile(early.ttft, 0.95),
      };
    }),
  chart: (rows) => ({
    x: { label: 'requests/s', values: rows.map(({ rateRps }) => rateRps) },
    panels: [
      {
        label: 'TTFT mean, ms',
        scale: 'log',
        series: [
          { name: 'loaded in turn', values: rows.map(({ ttftLate }) => ttftLate) },
          { name: 'loaded ahead', values: rows.map(({ ttftEarly }) => ttftEarly) },
        ],
      },
    ],
  }),
};
