import { describe, expect, test } from 'vitest';
import {
  SETTINGS,
  flagSettingsOf,
  SECTION_NAMES,
  typeText,
  valueText,
} from '../../../src/config/describe-settings.js';

const find = (path: string) => SETTINGS.find((setting) => setting.path === path)!;

test('names every form of a setting', () => {
  expect(find('bench.inputTokens')).toMatchObject({
    flag: '--input-tokens',
    env: 'FAKEAI_INPUT_TOKENS',
    nestedEnv: 'FAKEAI_BENCH__INPUT_TOKENS',
    defaultText: '550',
    list: false,
  });
  expect(find('server.model')).toMatchObject({ list: true, char: 'm', default: [] });
  expect(find('bench.apiKey')).toMatchObject({ secret: true });
});

test.each(SETTINGS.filter((setting) => setting.defaultText !== undefined))(
  '$path: the written default parses to the default',
  (setting) => {
    const text = setting.defaultText!;
    expect(setting.schema.parse(setting.list ? text.split(', ') : text)).toEqual(setting.default);
  },
);

test.each([
  ['server.ttft', 'duration'],
  ['server.latency', 'auto | instant | fixed | profile | physics'],
  ['bench.threads', 'auto | integer'],
  ['bench.slo', 'list of text'],
])('describes the type of %s as %s', (path, expected) => {
  expect(typeText(find(path))).toBe(expected);
});

test.each([
  [200, '200ms'],
  [1500, '1500ms'],
  [30_000, '30s'],
  [120_000, '2m'],
  [0, '0s'],
])('writes %d milliseconds as %s', (value, text) => {
  expect(valueText({ type: 'duration', bareUnit: 's' }, value)).toBe(text);
});

describe.each(SECTION_NAMES)('flags of %s', (section) => {
  test('no flag or letter is taken twice', () => {
    const flags = flagSettingsOf(section).map(({ flag }) => flag);
    const letters = flagSettingsOf(section).flatMap(({ char }) => char ?? []);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(letters).size).toBe(letters.length);
  });
});

test('no two sections share a variable by accident: a nested name is unique', () => {
  expect(new Set(SETTINGS.map(({ nestedEnv }) => nestedEnv)).size).toBe(SETTINGS.length);
});
