/** The plan of the house, as data: which room may import from which. DESIGN and docs/adr/0001 say why. */

/** `types`: only `import type`. `value`: anything. */
type Arrow = 'value' | 'types';

/** Rooms are the folders of src/; `index` is src/index.ts. What is not listed is forbidden. */
export const ROOMS: Readonly<Record<string, Readonly<Record<string, Arrow>>>> = {
  // The programmatic API: a face over runs and server.
  index: {
    runs: 'value',
    server: 'value',
    results: 'value',
    workloads: 'value',
    config: 'value',
    lib: 'value',
  },
  // The programmatic API in the hands of a test runner.
  vitest: { index: 'value', server: 'types', lib: 'value' },
  // Flags in, one call, print. No engine: how a run is made is the business of `runs`.
  commands: {
    runs: 'value',
    ui: 'value',
    server: 'value',
    results: 'value',
    workloads: 'value',
    config: 'value',
    lib: 'value',
  },
  // From settings to a run file. The only room that knows both the engine and the server; in virtual time it drives
  // the simulator itself.
  runs: {
    engine: 'value',
    server: 'value',
    simulator: 'value',
    workloads: 'value',
    results: 'value',
    config: 'value',
    lib: 'value',
  },
  // The API over the simulator. Not `engine`, not `config`: a server can be started without either.
  server: { simulator: 'value', lib: 'value' },
  // The load generator. It must not know whether what it measures is ours.
  engine: { workloads: 'value', results: 'value', lib: 'value' },
  // Pure: somebody hands it the time.
  simulator: { lib: 'value' },
  workloads: { lib: 'value' },
  // Draws results and progress; does not make them.
  ui: { results: 'value', lib: 'value' },
  // A plan is part of what a result describes; its type is enough.
  results: { workloads: 'types', lib: 'value' },
  config: { lib: 'value' },
  lib: {},
};

/** Packages that only some rooms may use. Everything else is free. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  // Loading Ink costs as much as a whole short run: it stays in one room that is loaded only to draw.
  ink: ['ui'],
  react: ['ui'],
  '@oclif/core': ['commands', 'config'],
  // Installed by those whose tests run in it.
  vitest: ['vitest'],
};

/** Node modules that do I/O or know the time; the simulator is pure. */
export const IMPURE_MODULES = [
  'node:fs',
  'node:net',
  'node:http',
  'node:timers',
  'node:worker_threads',
  'node:perf_hooks',
];
