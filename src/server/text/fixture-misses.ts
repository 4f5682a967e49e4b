/** Which fixture somebody meant who asked for something that none matches. */
import type { Fixture, FixtureMatch } from './fixtures.js';

/** A fixture that a request does not match. */
export interface Miss {
  fixture: Fixture;
  /** What does not hold, for people. */
  failed: readonly string[];
}

/** How much of a text is looked at for words. */
const MAX_TEXT = 2_000;

/**
 * The one of which the fewest conditions do not hold; of several the one whose words are most like the request's, then the
 * one of which the most hold.
 *
 * @param text - the latest message
 */
export function nearestMiss(misses: readonly Miss[], text: string): Miss | undefined {
  const fewest = Math.min(...misses.map(({ failed }) => failed.length));
  const said = wordsOf(text);
  const [nearest] = misses
    .filter(({ failed }) => failed.length === fewest)
    .map((miss) => ({ miss, likeness: likenessOf(miss.fixture.match, said) }))
    .sort((a, b) => b.likeness - a.likeness || wishesOf(b.miss) - wishesOf(a.miss));
  return nearest?.miss;
}

/** Share of the words that the fixture wants that were said; 0 when it wants none. */
function likenessOf({ message, contains, pattern }: FixtureMatch, said: ReadonlySet<string>): number {
  const wanted = [...wordsOf([message, contains, pattern].filter(Boolean).join(' '))];
  return wanted.length === 0 ? 0 : wanted.filter((word) => said.has(word)).length / wanted.length;
}

const wordsOf = (text: string): Set<string> =>
  new Set(
    text
      .slice(0, MAX_TEXT)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu),
  );

/** How many conditions there are; each header is one. */
const wishesOf = ({ fixture }: Miss): number => {
  const { headers = {}, ...others } = fixture.match;
  return Object.keys(headers).length + Object.keys(others).length;
};
