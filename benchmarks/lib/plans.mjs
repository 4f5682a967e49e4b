/** Plans for benchmarks. */

/** A small plan against one target; `over` replaces parts of it. */
export const smallPlan = (port, over) => ({
  targets: [{ name: 'bare', url: `http://127.0.0.1:${port}` }],
  endpoint: 'chat',
  model: 'm',
  streaming: false,
  ignoreEos: false,
  arrivals: { kind: 'closed', concurrency: 50 },
  workload: {
    kind: 'synthetic',
    inputTokens: { kind: 'fixed', value: 16 },
    outputTokens: { kind: 'fixed', value: 1 },
  },
  stop: {},
  warmupMs: 0,
  maxInFlight: 10_000,
  timeoutMs: 10_000,
  graceMs: 1000,
  seed: 1,
  ...over,
});
