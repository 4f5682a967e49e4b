import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../../src/lib/errors.js';
import { parseSplit } from '../../../../src/simulator/fleet/parse-fleet.js';

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
