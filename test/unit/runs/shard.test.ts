import { describe, expect, it } from 'vitest';
import { parseShard, parseStartAt } from '../../../src/runs/shard.js';

const NOW = Date.parse('2030-01-31T12:00:00Z');

describe('--shard', () => {
  it.each([
    ['1/4', { index: 0, count: 4 }],
    [' 4 / 4 ', { index: 3, count: 4 }],
    ['1/1', { index: 0, count: 1 }],
  ])('%s', (text, shard) => expect(parseShard(text)).toEqual(shard));

  it.each(['0/4', '5/4', '1/0', '1/10001'])('refuses %s', (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: 'FAKEAI_SETTING_INVALID' }));
  });
});

describe('--start-at', () => {
  it.each([
    ['2030-01-31T12:00:30Z', 30_000],
    ['2030-01-31T13:00:30.250+01:00', 30_250],
    ['2030-01-31 12:01Z', 60_000],
    [String(NOW / 1000 + 5), 5_000],
  ])('%s', (text, aheadMs) => expect(parseStartAt(text, NOW)).toBe(NOW + aheadMs));

  it.each([
    ['2030-01-31T12:00:30', /time zone/],
    ['soon', /time zone/],
    ['2030-01-31T11:59:59Z', /has passed/],
    ['2030-02-01T12:00:01Z', /more than a day/],
  ])('refuses %s', (text, said) => {
    expect(() => parseStartAt(text, NOW)).toThrow(said);
  });
});
