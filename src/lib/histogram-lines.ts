/** The lines of a histogram on a page. Some of its bounds may be shown and no others, which is exact. */
import type { HistogramData } from './bucket-histogram.js';
import type { NumberPage } from './number-page.js';

const KNOWN = new WeakMap<readonly number[], WeakMap<readonly number[], Int32Array>>();

/**
 * Of each bound that is shown, the place of the last bucket that counts into it; the same list for the same bounds.
 *
 * @param own - all bounds of the histogram
 * @param shown - some of them
 * @throws RangeError for a bound that it does not have
 */
export function shownPlaces(own: readonly number[], shown: readonly number[]): Int32Array {
  let byShown = KNOWN.get(own);
  if (!byShown) KNOWN.set(own, (byShown = new WeakMap()));
  let places = byShown.get(shown);
  if (!places) byShown.set(shown, (places = findPlaces(own, shown)));
  return places;
}

function findPlaces(own: readonly number[], shown: readonly number[]): Int32Array {
  let at = 0;
  return Int32Array.from(shown, (bound) => {
    while (own[at]! < bound) at++;
    if (own[at] !== bound) throw new RangeError(`no bound at ${bound}`);
    return at;
  });
}

/**
 * Writes the numbers of all lines: buckets, cumulative and up to +Inf, sum and count.
 *
 * @param places - from {@link shownPlaces}
 * @param texts - what stands before each number, where that is not on the page yet
 */
export function writeHistogram(
  page: NumberPage,
  histogram: HistogramData,
  places: Int32Array,
  texts?: readonly string[],
): void {
  const { counts } = histogram;
  let cumulative = 0;
  let from = 0;
  for (let i = 0; i < places.length; i++) {
    for (const to = places[i]!; from <= to; from++) cumulative += counts[from]!;
    if (texts) page.text(texts[i]!);
    page.number(cumulative);
  }
  for (; from < counts.length; from++) cumulative += counts[from]!;
  if (texts) page.text(texts[places.length]!);
  page.number(cumulative);
  if (texts) page.text(texts[places.length + 1]!);
  page.number(histogram.sum);
  if (texts) page.text(texts[places.length + 2]!);
  page.number(cumulative);
  if (texts) page.text('\n');
}
