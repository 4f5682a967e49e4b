/** What load does to latency. */
import { burst, costOf, mean, poisson, quantile, simulate } from './lib/simulate.mjs';

const LOAD = { promptTokens: 1000, outputTokens: 200 };

export const knee = {
  name: 'throughput-latency-knee',
  title: 'The knee of throughput and latency',
  question: 'How does latency grow as the offered load nears what a replica can do?',
  setup:
    'Llama-3.1-8B on one H100, Poisson arrivals, prompts of about 1,000 and answers of about 200 tokens, at most 256 sequences in a batch. Latency of the requests that arrive in the middle half.',
  columns: {
    rateRps: 'offered, requests/s',
    tokensPerSecond: 'output tokens/s',
    ttftP50: 'TTFT p50, ms',
    ttftP99: 'TTFT p99, ms',
    e2eP50: 'end to end p50, ms',
  },
  reading:
    'Below the knee throughput follows the offered load and latency grows slowly with the batch. Above it throughput stays what it is, the queue grows as long as the load lasts, and TTFT is queueing.',
  run: ({ count = 1600, rates = [2, 4, 8, 12, 16, 20, 24, 28, 32, 40] } = {}) =>
    rates.map((rateRps) => {
      const middle = ({ id }) => id >= count / 4 && id < (3 * count) / 4;
      const requests = poisson({ rateRps, count, ...LOAD });
      const seen = simulate(requests, { cost: costOf(), scheduler: { maxQueue: count } }, middle);
      const all = simulate(requests, { cost: costOf(), scheduler: { maxQueue: count } });
      return {
        rateRps,
        tokensPerSecond: all.tokensPerSecond,
        ttftP50: quantile(seen.ttft, 0.5),
        ttftP99: quantile(seen.ttft, 0.99),
        e2eP50: quantile(seen.e2e, 0.5),
      };
    }),
  chart: (rows) => ({
    x: { label: 'offered requests per second', values: rows.map(({ rateRps }) => rateRps) },
    panels: [
      {
        label: 'output tokens/s',
        series: [{ name: 'throughput', values: rows.map(({ tokensPerSecond }) => tokensPerSecond) }],
      },
      {
        label: 'ms (log)',
        scale: 'log',
        series: [
          { name: 'TTFT p50', values: rows.map(({ ttftP50 }) => ttftP50) },
          { name: 'TTFT p99', values: rows.map(({ ttftP99 }) => ttftP99) },
          { name: 'end to end p50', values: rows.map(({ e2eP50 }) => e2eP50) },
        ],
      },
    ],
  }),
};

export const queue = {
  name: 'ttft-under-queueing',
  title: 'TTFT rises with the queue',
  question: 'How much of the time to the first token is waiting?',
  setup:
    'The same replica with room for 32 sequences, so that requests wait for a place in the batch. Queue time from arrival to the first step, prefill from there to the first token.',
  columns: {
    rateRps: 'offered, requests/s',
    queueMs: 'queue mean, ms',
    prefillMs: 'prefill mean, ms',
    ttftMs: 'TTFT mean, ms',
  },
  reading:
    'Prefill hardly changes: it shares its steps with the same batch at every load. All of the growth is the queue, which is why TTFT and not ITL shows overload.',
  run: ({ count = 800, rates = [4, 8, 10, 12, 13, 14, 15, 16] } = {}) =>
    rates.map((rateRps) => {
      const requests = poisson({ rateRps, count, ...LOAD });
      const options = { cost: costOf(), scheduler: { maxNumSeqs: 32, maxQueue: count } };
      const { ttft, replicas } = simulate(requests, options);
      const { queueS, prefillS } = replicas[0].requests;
      return {
        rateRps,
        queueMs: (queueS.sum / count) * 1000,
        prefillMs: (prefillS.sum / count) * 1000,
        ttftMs: mean(ttft),
      };
    }),
  chart: (rows) => ({
    x: { label: 'offered requests per second', values: rows.map(({ rateRps }) => rateRps) },
    panels: [
      {
        label: 'ms',
        series: [
          { name: 'TTFT', values: rows.map(({ ttftMs }) => ttftMs) },
          { name: 'queue', values: rows.map(({ queueMs }) => queueMs) },
          { name: 'prefill', values: rows.map(({ prefillMs }) => prefillMs) },
        ],
      },
    ],
  }),
};

export const batch = {
  name: 'itl-with-batch',
  title: 'ITL rises with the batch, and so does throughput',
  question: 'What does a user pay for the company of others?',
  setup: 'Equal requests at once (128 tokens in, 256 out): every step decodes the whole batch.',
  columns: {
    sequences: 'sequences',
    itlMs: 'ITL mean, ms',
    tokensPerSecond: 'output tokens/s',
    memoryShare: 'memory bandwidth used',
    tensorShare: 'tensor units used',
  },
  reading:
    'A step reads all weights whatever the batch, so the first sequences are almost free: throughput grows nearly in proportion while ITL stays. Later the keys and values of each sequence and the computation show, ITL grows, and throughput grows less.',
  run: ({ sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] } = {}) =>
    sizes.map((sequences) => {
      const scheduler = { maxNumSeqs: 1024, maxNumBatchedTokens: 200_000, maxQueue: 2048 };
      const run = simulate(burst(sequences, 128, 256), { cost: costOf(), scheduler });
      const { busyMs, memoryMs, tensorMs } = run.replicas[0].counters;
      return {
        sequences,
        itlMs: mean(run.gaps),
        tokensPerSecond: run.tokensPerSecond,
        memoryShare: memoryMs / busyMs,
        tensorShare: tensorMs / busyMs,
      };
    }),
  chart: (rows) => ({
    x: { label: 'sequences in the batch', values: rows.map(({ sequences }) => sequences), scale: 'log' },
    panels: [
      { label: 'ms', series: [{ name: 'ITL', values: rows.map(({ itlMs }) => itlMs) }] },
      {
        label: 'output tokens/s',
        series: [{ name: 'throughput', values: rows.map(({ tokensPerSecond }) => tokensPerSecond) }],
      },
    ],
  }),
};
