import { expect, test } from 'vitest';
import { drawChart } from '../../../src/simulator/pictures/chart.js';

const BLUE = [31, 119, 180, 255];

/** How many pixels of the series' colour a column has. */
function height(values: readonly number[], share: number): number {
  const { width, height: rows, rgba } = drawChart({ kind: 'bar', values });
  const x = Math.round(80 + (width - 110) * share);
  let count = 0;
  for (let y = 0; y < rows; y++) if (BLUE.every((part, i) => rgba[(y * width + x) * 4 + i] === part)) count++;
  return count;
}

test('bars are as high as their values', () => {
  const [low, high] = [height([10, 40], 0.25), height([10, 40], 0.75)];
  expect(low).toBeGreaterThan(50);
  expect(Math.abs(high / low - 4)).toBeLessThan(0.2);
});

test.each([
  ['line', [3, -2, 7]],
  ['pie', [1, 2]],
  ['bar', [0, 0]],
  ['bar', [-5]],
] as const)('a %s of %j is a picture with something on it', (kind, values) => {
  const { rgba, width, height: rows } = drawChart({ kind, values });
  expect([width, rows]).toEqual([800, 500]);
  expect(new Set(new Uint32Array(rgba.buffer)).size).toBeGreaterThan(2);
});
