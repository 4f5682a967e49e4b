/**
 * Finds where a condition changes along a number: doubling (or halving) until it does, then halving the interval between
 * the last value on one side and the first on the other. It finds the one change there is if there is only one.
 */

export interface BracketOptions {
  /** `max`: small values pass, and the largest of them is wanted. `min`: the other way round. */
  goal: 'max' | 'min';
  start: number;
  /** Values beyond these are not tried. */
  least: number;
  most: number;
  /** Whole numbers only. */
  whole: boolean;
  /** The interval is small enough at this share of its upper end. */
  precision: number;
}

/** `pass` is the wanted value, `fail` the one next to it that does not pass; null where none was tried. */
export interface Bracket {
  pass: number | null;
  fail: number | null;
}

/**
 * Whether a value passes. `unknown`: it was too small to tell, so the search goes on upwards, and the value is neither the
 * answer nor the one next to it. `stop` ends the search at what is known so far.
 */
export type Trial = (value: number) => Promise<boolean | 'unknown' | 'stop'>;

/** Three significant digits: people read these values, and no load is that exact. */
const legible = (value: number): number => Number(value.toPrecision(3));

/**
 * Searches.
 *
 * @param trial - is asked at most once for each value
 */
export async function bracket(options: BracketOptions, trial: Trial): Promise<Bracket> {
  const { goal, start, least, most, whole, precision } = options;
  let low: number | null = null;
  let high: number | null = null;
  let knownLow: number | null = null;
  for (let value: number | undefined = start; value !== undefined; value = next()) {
    // oxlint-disable-next-line no-await-in-loop -- each value decides the next
    const passed = await trial(value);
    if (passed === 'stop') break;
    if (passed === 'unknown') low = value;
    else if (passed === (goal === 'max')) low = knownLow = value;
    else high = value;
  }
  return goal === 'max' ? { pass: knownLow, fail: high } : { pass: high, fail: knownLow };

  function next(): number | undefined {
    if (high === null) return low! < most ? Math.min(most, low! * 2) : undefined;
    if (low === null) {
      const half = whole ? Math.floor(high / 2) : high / 2;
      return high > least ? Math.max(least, half) : undefined;
    }
    if (high - low <= precision * high) return undefined;
    const middle = (low + high) / 2;
    const value = whole ? Math.floor(middle) : legible(middle);
    return value > low && value < high ? value : undefined;
  }
}
