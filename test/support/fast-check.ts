/**
 * fast-check as all tests import it, with the same seed in every run: an unrelated change does not turn the tests red by chance.
 * FAST_CHECK_SEED=random draws another one each time, FAST_CHECK_SEED=123 takes that one.
 */
import { configureGlobal } from 'fast-check';

const USUAL_SEED = 20_240_607;

/** The seed that FAST_CHECK_SEED asks for; undefined lets fast-check draw one, which it prints where a property fails. */
export function seedFrom(asked: string | undefined): number | undefined {
  if (asked === undefined || asked === '') return USUAL_SEED;
  if (asked === 'random') return undefined;
  const seed = Number(asked);
  if (!Number.isInteger(seed))
    throw new Error(`FAST_CHECK_SEED is "random" or a whole number, not "${asked}"`);
  return seed;
}

const seed = seedFrom(process.env['FAST_CHECK_SEED']);
configureGlobal(seed === undefined ? {} : { seed });

export * from 'fast-check';
