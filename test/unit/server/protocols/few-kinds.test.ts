import { expect, test } from 'vitest';
import { FewKinds } from '../../../../src/server/protocols/openai/chat/few-kinds.js';

/** Has kinds come, and tells how often one was known. */
function known(names: readonly string[]): number {
  const kinds = new FewKinds<string>();
  let count = 0;
  for (const name of names) {
    const place = kinds.all.indexOf(name);
    if (place >= 0) {
      kinds.met(place);
      count++;
    } else if (kinds.hasRoom()) kinds.add(name);
  }
  return count;
}

const times = (count: number, ...names: string[]): string[] =>
  Array.from({ length: count }, () => names).flat();

test('a few that take turns are all known', () => {
  expect(known(times(10, 'a', 'b', 'c', 'd'))).toBe(36);
});

test('those that are met stay when others pass by', () => {
  const passing = Array.from({ length: 100 }, (_, i) => ['a', `once ${i}`, 'b']).flat();
  expect(known(passing)).toBe(198);
});

test('those that come later take the places of those that are gone', () => {
  const later = known([...times(100, 'a', 'b', 'c', 'd'), ...times(1000, 'e', 'f')]);
  expect(later).toBeGreaterThan(396 + 1900);
});
