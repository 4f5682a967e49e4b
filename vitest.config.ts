import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // By default one processor is left to Vitest itself, which hardly needs it: of two that is half of the machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // One line per file; the tests of a file are listed when one of them fails.
    reporters: ['default'],
  },
});
