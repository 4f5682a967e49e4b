/** What `fakeai server` says of the pace of its tokens. */
import { expect, it } from 'vitest';
import { paceLines } from '../../../src/commands/base/pace-lines.js';
import { resolveSettings } from '../../../src/config/resolve.js';

const linesOf = async (flags: Record<string, unknown>, simulated: string[] = []): Promise<string> => {
  const { settings } = await resolveSettings({ section: 'server', flags, env: {} });
  return paceLines(settings, simulated).join('\n');
};

it('says how time passes', async () => {
  expect(await linesOf({ latency: 'instant' })).toBe('Tokens come at once.');
  expect(await linesOf({ itl: '1.5s' })).toBe(
    'Tokens come at a fixed pace: 200 ms to the first, 1.5 s between them.',
  );
  expect(await linesOf({ latency: 'profile' })).toBe(
    'Tokens come as they were measured (a profile for each vendor).',
  );
});

it('says which models a fleet computes, and how it is with the others', async () => {
  const fleet = { gpu: 'h200', tp: '2', pp: '2', replicas: '3', router: 'kv' };
  const of = ' on a simulated fleet: 3 replicas of 4 × h200, router kv.';
  expect(await linesOf({ ...fleet, model: ['a'] }, ['a'])).toBe(`a runs${of}`);
  expect(await linesOf({ ...fleet, model: ['a', 'b'] }, ['a', 'b'])).toBe(`a, b run, each${of}`);
  expect(await linesOf({ ...fleet, model: ['a', 'b'] }, ['a'])).toBe(
    `a runs${of}\nTokens of other models come at a fixed pace: 200 ms to the first, 20 ms between them.`,
  );
});
