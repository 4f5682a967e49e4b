import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** In a process of its own, as these flags are those of a process: MB of the young generation after each. */
const SCRIPT = `
  import { letGrow, startSmall } from './dist/lib/garbage.js';
  import { getHeapSpaceStatistics } from 'node:v8';
  const kept = [];
  const youngMb = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 2 ** 20;
  const keep = () => {
    for (let i = 0; i < 300_000; i++) kept.push({ i, text: 'n' + i });
    return youngMb();
  };
  startSmall();
  const small = keep();
  letGrow();
  console.log(JSON.stringify([small, keep()]));
`;

it('young generations stay small while a server starts, and grow afterwards', () => {
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { encoding: 'utf8' });
  const [small, grown] = JSON.parse(printed) as [number, number];
  expect(small).toBeLessThan(6);
  expect(grown).toBeGreaterThan(2 * small);
});
