import { describe, expect, it } from 'vitest';
import { startServer } from '../../../src/index.js';
import { resolveSettings } from '../../../src/config/resolve.js';
import { checkSimulatedLoad } from '../../../src/config/simulate-checks.js';

const resolve = (section: 'server' | 'simulate', flags: Record<string, unknown>) =>
  resolveSettings({ section, flags, env: {} });

it('the value of a switch is no trace', () => {
  expect(() => checkSimulatedLoad({}, 'false')).toThrow(/TRACE: "false" is not a trace file/);
  expect(() => checkSimulatedLoad({}, 'false.jsonl')).not.toThrow();
});

describe('flags of a fleet', () => {
  it.each([
    ['server', { gpu: 'h200' }, /--gpu.*without a model to simulate/],
    ['server', { gpu: 'h200', model: ['a'], latency: 'instant' }, /--gpu.*latency of --latency/],
    ['simulate', { 'cache-ttl': '1m' }, /--cache-ttl.*without --eviction ttl/],
    ['simulate', { 'acceptance-rate': '0.5' }, /without --speculative-method/],
    ['simulate', { 'router-temperature': '1', router: 'random' }, /without --router kv/],
    ['simulate', { router: 'kv', 'ab-split': 'kv=1,random=1' }, /--router.*--ab-split/],
    ['simulate', { 'batching-max': '4' }, /without --batching-window/],
  ] as const)('%s %j is refused', async (section, flags, message) => {
    await expect(resolve(section, flags)).rejects.toThrow(message);
  });

  it.each([
    ['server', { gpu: 'h200', model: ['llama-3.3-70b'] }],
    ['simulate', { 'cache-ttl': '1m', eviction: 'ttl' }],
    ['simulate', { 'router-temperature': '1', 'ab-split': 'kv=1,random=1' }],
  ] as const)('%s %j is taken', async (section, flags) => {
    await expect(resolve(section, flags)).resolves.toBeDefined();
  });

  it('are refused where a model is named whose architecture nobody knows, but not with --latency physics', async () => {
    const given = { port: 0, threads: 1, model: ['gpt-4o', 'mine'], replicas: 2 };
    await expect(startServer(given)).rejects.toThrow(
      'replicas: has no effect: no architecture of gpt-4o or mine is published, so nothing is simulated',
    );
    const server = await startServer({ ...given, latency: 'physics' });
    await server.close();
    const mixed = await startServer({ ...given, model: ['gpt-4o', 'llama-3.1-8b'] });
    await mixed.close();
  });
});
