import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../../src/lib/errors.js';
import { parseFailure, parseSplit } from '../../../../src/simulator/fleet/parse-fleet.js';

describe('parseFailure', () => {
  it('takes what makes a replica slower, and nothing that would make it faster', () => {
    expect(parseFailure('thermal:0@10s+1m*1.5')).toMatchObject({ kind: 'thermal', factor: 1.5 });
    expect(() => parseFailure('slow:0@0s+1s*0.5')).toThrow(/factor must be 1 or more/);
  });
});

describe('parseSplit', () => {
  it('takes several routers with their shares', () => {
    expect(parseSplit('kv=9, round-robin=1')).toEqual([
      { name: 'kv', share: 9 },
      { name: 'round-robin', share: 1 },
    ]);
  });

  it.each(['kv=1', 'kv=1,kv=2', 'kv', 'fastest=1,kv=1', 'kv=0,random=0', 'kv=-1,random=1', ''])(
    'refuses "%s"',
    (text) => {
      expect(() => parseSplit(text)).toThrow(FakeaiError);
    },
  );
});
