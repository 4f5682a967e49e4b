import { Parser } from '@oclif/core';
import { describe, expect, test } from 'vitest';
import { flagsFor } from '../../../src/config/flags.js';
import { unknownFlagError } from '../../../src/config/unknown-flag.js';

const parse = async (argv: string[]) =>
  (await Parser.parse(argv, { flags: flagsFor('bench'), strict: true })).flags;

describe('flags as oclif parses them', () => {
  test('what is not given is absent', async () => {
    expect(await parse([])).toEqual({});
  });

  test('values stay as typed', async () => {
    expect(await parse(['-c', '5', '--ttft', '30ms', '--config=x.yaml'])).toEqual({
      concurrency: '5',
      ttft: '30ms',
      config: 'x.yaml',
    });
  });

  test('lists repeat and do not swallow what follows', async () => {
    const { flags, argv } = await Parser.parse(['--slo', 'a', 'trace', '--slo', 'b'], {
      flags: flagsFor('replay'),
      strict: false,
    });
    expect(flags).toEqual({ slo: ['a', 'b'] });
    expect(argv).toEqual(['trace']);
  });

  test('switches can be negated', async () => {
    expect(await parse(['--no-streaming', '--json'])).toEqual({ streaming: false, json: true });
  });
});

test('help shows group, default and choices', () => {
  const flags = flagsFor('server');
  expect(flags['ttft']).toMatchObject({
    helpGroup: 'simulator',
    summary: expect.stringContaining('[default: 200ms]'),
  });
  expect(flags['latency']).toMatchObject({ helpValue: 'auto|instant|fixed|profile|physics' });
  expect(Object.keys(flagsFor('merge'))).toEqual(['output', 'json', 'config']);
});

test.each([
  ['--concurency', 'Did you mean --concurrency?'],
  ['concurency', 'Did you mean --concurrency?'],
  ['--conc', 'Did you mean --concurrency?'],
  ['--no-streamin', 'Did you mean --no-streaming?'],
  ['--tfft=5', 'Did you mean --ttft?'],
  ['--zebra', 'See --help of the command, or docs/reference/configuration.md for every setting.'],
  ['-x', 'See --help of the command, or docs/reference/configuration.md for every setting.'],
])('%s: %s', (typed, hint) => {
  expect(unknownFlagError(typed, 'bench')).toMatchObject({ code: 'FAKEAI_SETTING_UNKNOWN', hint });
});

test.each([
  ['--images', 'bench', /add the tokens of media/],
  ['--cache-isolation', 'server', /--tenants/],
  ['--url', 'bench and replay', /nothing is sent/],
  ['--no-streaming', 'bench and replay', /nothing is sent/],
])('simulate says why it has no %s', (typed, sections, hint) => {
  const error = unknownFlagError(typed, 'simulate');
  expect(error).toMatchObject({ code: 'FAKEAI_SETTING_INVALID', hint: expect.stringMatching(hint) });
  expect(error.message).toContain(`is a setting of ${sections}`);
});
