import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveSettings } from '../../../src/config/resolve.js';
import type { FakeaiError } from '../../../src/lib/errors.js';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fakeai-config-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const file = (content: string, name = 'fakeai.config.yaml') => writeFile(join(cwd, name), content);

const bench = (flags: Record<string, unknown> = {}, env: Record<string, string> = {}) =>
  resolveSettings({ section: 'bench', flags, env, cwd });

const failure = (promise: Promise<unknown>): Promise<FakeaiError> =>
  promise.then(
    () => expect.unreachable('it was accepted'),
    (error: unknown) => error as FakeaiError,
  );

describe('unknown keys are refused with the nearest known one', () => {
  test.each([
    ['bench:\n  concurency: 4', 'fakeai.config.yaml: bench.concurency', 'bench.concurrency'],
    ['bnech:\n  rate: 4', 'fakeai.config.yaml: bnech', 'bench'],
    ['bench:\n  port: 4', 'fakeai.config.yaml: bench.port', 'server.port'],
    ['server:\n  zzzzzz: 4', 'fakeai.config.yaml: server.zzzzzz', undefined],
  ])('file %j', async (content, where, nearest) => {
    await file(content);
    const error = await failure(bench());
    expect(error.code).toBe('FAKEAI_SETTING_UNKNOWN');
    expect(error.message).toBe(`${where} is not a setting of fakeai`);
    if (nearest === undefined) expect(error.hint).not.toContain('Did you mean');
    else expect(error.hint).toBe(`Did you mean ${nearest}?`);
  });

  test.each([
    ['FAKEAI_CONCURENCY', 'FAKEAI_CONCURRENCY'],
    ['FAKEAI_BENCH__RAT', 'FAKEAI_BENCH__RATE'],
    ['FAKEAI_CONFIGG', 'FAKEAI_CONFIG'],
  ])('variable %s', async (name, nearest) => {
    const error = await failure(bench({}, { [name]: '4' }));
    expect(error).toMatchObject({
      code: 'FAKEAI_SETTING_UNKNOWN',
      exitCode: 2,
      hint: `Did you mean ${nearest}?`,
    });
    expect(error.message).toContain(name);
  });

  test('flag', async () => {
    const error = await failure(bench({ concurency: '4' }));
    expect(error).toMatchObject({ code: 'FAKEAI_SETTING_UNKNOWN', hint: 'Did you mean --concurrency?' });
  });
});

describe('invalid values name where they came from and what is expected', () => {
  test('flag', async () => {
    const error = await failure(bench({ concurrency: '0' }));
    expect(error.code).toBe('FAKEAI_SETTING_INVALID');
    expect(error.message).toBe('--concurrency: must be at least 1, not "0"');
  });

  test('variable', async () => {
    const error = await failure(bench({}, { FAKEAI_BENCH__RATE: 'fast' }));
    expect(error.message).toBe('FAKEAI_BENCH__RATE: expected a number, not "fast"');
  });

  test.each(['soon', '-1s', '', '5 parsecs'])('duration %j', async (text) => {
    const error = await failure(bench({ duration: text }));
    expect(error.message).toBe(
      `--duration: expected a duration such as 30s or 1.5m (a plain number is in s), not ${JSON.stringify(text)}`,
    );
  });

  test.each(['duration', 'timeout'])('%s 0', async (key) => {
    const error = await failure(bench({ [key]: '0s' }));
    expect(error).toMatchObject({ exitCode: 2, message: `--${key}: must be above 0, not "0s"` });
  });

  test.each([
    ['bench:\n  rate:', 'fakeai.config.yaml: bench.rate: expected a number, not null'],
    ['bench:\n  rate: true', 'fakeai.config.yaml: bench.rate: expected a number, not true'],
    ['bench:\n  rate: []', 'fakeai.config.yaml: bench.rate: expected a number, not []'],
    ['bench:\n  rate: .inf', 'fakeai.config.yaml: bench.rate: expected a number, not null'],
    ['bench:\n  slo: ttft.p95 < 1s', 'fakeai.config.yaml: bench.slo: expected a list, not "ttft.p95 < 1s"'],
    ['bench: 3', 'fakeai.config.yaml: bench: expected a map of settings'],
    [
      'server:\n  latency: quick',
      'fakeai.config.yaml: server.latency: expected one of auto, instant, fixed, profile, physics, not "quick"',
    ],
    [
      'bench:\n  target: [a=http://a, b]',
      'fakeai.config.yaml: bench.target: value 2: expected NAME=URL, such as prod=https://example.com, not "b"',
    ],
  ])('file %j', async (content, message) => {
    await file(content);
    expect((await failure(bench())).message).toBe(message);
  });

  test('a secret is not repeated', async () => {
    const error = await failure(bench({ header: ['s3cret'] }));
    expect(error.message).toBe('--header: value 1: expected "Name: value"');
  });

  test('a file is checked whole, whichever command reads it', async () => {
    await file('server:\n  port: 99999');
    expect((await failure(resolveSettings({ section: 'report', cwd }))).message).toContain('server.port');
  });
});

describe('the file', () => {
  test.each([
    ['fakeai.config.yaml', 'bench:\n  rate: 7'],
    ['fakeai.config.yml', 'bench: { rate: 7 }'],
    ['fakeai.config.json', '{"$schema":"x","bench":{"rate":7}}'],
  ])('%s is found', async (name, content) => {
    await file(content, name);
    expect((await bench()).settings.rate).toBe(7);
  });

  test('--config is stronger than FAKEAI_CONFIG, and that than the folder', async () => {
    await file('bench:\n  rate: 1');
    await file('bench:\n  rate: 2', 'two.yaml');
    await file('bench:\n  rate: 3', 'three.yaml');
    expect((await bench()).settings.rate).toBe(1);
    expect((await bench({}, { FAKEAI_CONFIG: 'two.yaml' })).settings.rate).toBe(2);
    expect((await bench({ config: 'three.yaml' }, { FAKEAI_CONFIG: 'two.yaml' })).settings.rate).toBe(3);
  });

  test('empty files and sections say nothing', async () => {
    await file('# nothing yet\n');
    expect((await bench()).settings.rate).toBeUndefined();
    await file('bench:\n  # rate: 1\n');
    expect((await bench()).settings.rate).toBeUndefined();
  });

  test.each([
    [{ config: 'absent.yaml' }, undefined, 'absent.yaml'],
    [{}, 'a: [1', 'fakeai.config.yaml'],
    [{}, '- list', 'map of sections'],
  ])('unreadable: %j %j', async (flags, content, text) => {
    if (content !== undefined) await file(content);
    const error = await failure(bench(flags));
    expect(error).toMatchObject({ code: 'FAKEAI_CONFIG_UNREADABLE', exitCode: 2 });
    expect(error.message).toContain(text);
  });

  test('two of them are ambiguous', async () => {
    await file('bench: {}');
    await file('{}', 'fakeai.config.json');
    expect((await failure(bench())).message).toContain('fakeai.config.json exists too');
  });
});

describe('the environment', () => {
  test('lists are comma-separated or a JSON array', async () => {
    const models = async (text: string) =>
      (await resolveSettings({ section: 'server', env: { FAKEAI_MODEL: text } })).settings.model;
    expect(await models('a, b')).toEqual(['a', 'b']);
    expect(await models('["a","b,c"]')).toEqual(['a', 'b,c']);
    expect((await failure(models('["a"'))).message).toContain('FAKEAI_MODEL');
  });

  test('a flat list gives its first value where one is wanted', async () => {
    const { settings, server } = await bench({}, { FAKEAI_MODEL: 'a,b' });
    expect(settings.model).toBe('a');
    expect(server?.model).toEqual(['a', 'b']);
  });

  test('a flat variable applies to every section that has the key', async () => {
    const { settings, server } = await bench({}, { FAKEAI_SEED: '5', FAKEAI_SERVER__SEED: '6' });
    expect([settings.seed, server?.seed]).toEqual([5, 6]);
  });

  test.each([
    ['1', true],
    ['yes', true],
    ['false', false],
    ['0', false],
  ])('%s is a switch', async (text, value) => {
    expect((await bench({}, { FAKEAI_STREAMING: text })).settings.streaming).toBe(value);
  });

  test('keys may be named in the plural, which gives way to the singular', async () => {
    const keys = async (env: Record<string, string>) =>
      (await resolveSettings({ section: 'server', env })).settings.apiKey;
    expect(await keys({ FAKEAI_API_KEYS: 'a,b' })).toEqual(['a', 'b']);
    expect(await keys({ FAKEAI_SERVER__API_KEYS: '["c"]' })).toEqual(['c']);
    expect(await keys({ FAKEAI_API_KEYS: 'a', FAKEAI_API_KEY: 'd' })).toEqual(['d']);
  });

  test('an empty variable is unset', async () => {
    expect((await bench({}, { FAKEAI_RATE: '', FAKEAI_CONFIG: '' })).settings.rate).toBeUndefined();
  });

  test('settings of other commands are known, and not read', async () => {
    await expect(
      bench({}, { FAKEAI_PORT: '1', FAKEAI_REPLAY__LIMIT: 'x', PATH: '/bin' }),
    ).resolves.toBeDefined();
  });
});

describe('settings that exclude each other', () => {
  test.each([
    [{ rate: '1', concurrency: '1' }, {}, '--rate: cannot be combined with --concurrency'],
    [{ url: 'http://a', target: ['b=http://b'] }, {}, '--url: cannot be combined with --target'],
    [
      { search: 'max rate where e2e.p50 < 1s', shard: '1/2' },
      {},
      '--shard: cannot be combined with --search, which chooses each load by the answers to the ones before: a part does not have those of the others',
    ],
    [
      { sweep: 'auto', shard: '1/2' },
      {},
      '--shard: cannot be combined with --sweep auto, which chooses each load by the answers to the ones before: a part does not have those of the others',
    ],
    [{ 'api-key': 'k', 'api-key-env': 'K' }, { K: 'k' }, '--api-key: cannot be combined with --api-key-env'],
    [
      {},
      { FAKEAI_RATE: '1', FAKEAI_CONCURRENCY: '2' },
      'FAKEAI_RATE: cannot be combined with FAKEAI_CONCURRENCY',
    ],
  ])('%j %j', async (flags, env, message) => {
    expect((await failure(bench(flags, env))).message).toBe(message);
  });

  test('the stronger layer wins', async () => {
    await file('bench:\n  rate: 5\n  target: [a=http://a]');
    const { settings, origins } = await bench({ concurrency: '3', url: 'http://b' });
    expect(settings).toMatchObject({ concurrency: 3, url: 'http://b', target: [] });
    expect(settings.rate).toBeUndefined();
    expect(origins['bench.concurrency']).toEqual({ layer: 'flag', where: '--concurrency' });
  });

  test('duration and requests go together', async () => {
    await expect(bench({ duration: '1s', requests: '5' })).resolves.toBeDefined();
  });
});

describe('flags without effect are refused', () => {
  test.each([
    [{ url: 'http://a', ttft: '5ms' }, '--ttft: has no effect together with --url'],
    [{ latency: 'instant', itl: '5ms' }, '--itl: has no effect with latency instant (--latency)'],
    [{ arrivals: 'constant' }, '--arrivals: has no effect without --rate or --stages'],
  ])('%j', async (flags, message) => {
    expect((await failure(bench(flags))).message).toBe(message);
  });

  test('a file may say more than one command uses', async () => {
    await file('server:\n  latency: instant\n  ttft: 5ms\nbench:\n  arrivals: constant\n  url: http://a');
    const { server } = await bench();
    expect(server).toBeUndefined();
  });
});

describe('the embedded simulator', () => {
  test('takes its flags', async () => {
    const { server } = await bench({ ttft: '1s', latency: 'fixed' });
    expect(server).toMatchObject({ ttft: 1000, latency: 'fixed', model: [] });
  });

  test('serves the model that is asked for, unless told otherwise', async () => {
    expect((await bench({ model: 'm' })).server?.model).toEqual(['m']);
    await file('server:\n  model: [x]');
    expect((await bench({ model: 'm' })).server?.model).toEqual(['x']);
  });
});

describe('the key of the endpoint', () => {
  test('is read from the variable that is named', async () => {
    const { settings } = await bench({ 'api-key-env': 'FAKEAI_TEST_KEY' }, { FAKEAI_TEST_KEY: 'k' });
    expect(settings.apiKey).toBe('k');
  });

  test('must be there', async () => {
    expect((await failure(bench({ 'api-key-env': 'NONE' }))).message).toBe(
      '--api-key-env: the variable NONE is not set',
    );
  });
});

describe('options of the programmatic API', () => {
  const options = (values: object, server: object = {}) =>
    resolveSettings({ section: 'bench', options: { bench: values, server } });

  test('have the shape of a file, and defaults', async () => {
    const { settings, server } = await options({ rate: 5, timeout: '1m', url: undefined }, { ttft: 3 });
    expect(settings).toMatchObject({ rate: 5, timeout: 60_000, slo: [] });
    expect(server).toMatchObject({ ttft: 3, latency: 'auto' });
  });

  test('do not share their defaults', async () => {
    (await options({})).settings.slo.push('x');
    expect((await options({})).settings.slo).toEqual([]);
  });

  test.each([
    [{ rat: 5 }, 'options: bench.rat is not a setting of fakeai'],
    [{ rate: 0 }, 'options: bench.rate: must be above 0, not 0'],
    [{ rate: 1, concurrency: 1 }, 'options: bench.rate: cannot be combined with options: bench.concurrency'],
  ])('%j is refused', async (given, message) => {
    expect((await failure(options(given))).message).toBe(message);
  });
});
