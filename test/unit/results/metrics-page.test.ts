import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRIC_NAMES } from '../../../src/results/metrics.js';
import { metricsPage } from '../../../src/results/metrics-page.js';

test('docs/reference/metrics.md is committed as generated, with every metric', () => {
  const page = readFileSync('docs/reference/metrics.md', 'utf8');
  expect(page).toBe(metricsPage());
  for (const name of METRIC_NAMES) expect(page).toContain(`| \`${name}\` |`);
});
