import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

/** Ink decides for good, when it is loaded, whether there is a terminal. */
const UI = 'test/unit/ui/**/*.test.{ts,tsx}';

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // What is awaited comes when the machine has time for it; a test that fails waits, others do not.
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    // By default one processor is left to Vitest itself, which hardly needs it: of two that is half of the machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // One line per file; the tests of a file are listed when one of them fails.
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: { name: 'apart', include: ['test/{contract,e2e,fuzz}/**/*.test.ts', UI] },
      },
      {
        extends: true,
        // Many short files, which share what they import: the process of the one before is used again.
        test: {
          name: 'together',
          include: ['test/{architecture,property,unit}/**/*.test.ts'],
          exclude: [UI],
          isolate: false,
          unstubEnvs: true,
          unstubGlobals: true,
        },
      },
    ],
  },
});
