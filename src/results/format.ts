/** Figures for people: three significant digits, thousands separated, a dash for what is absent. */

/** Shown where there is no value, or too few samples for one. */
export const ABSENT = '–';

const withSeparators = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');

/** A whole number with separated thousands. */
export const formatCount = (value: number): string => withSeparators(String(Math.round(value)));

/**
 * A measured figure: three significant digits, but never fewer than its whole digits and never more than three
 * decimals (a microsecond, for a latency in milliseconds).
 */
export function formatFigure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return ABSENT;
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(3));
  const magnitude = Math.floor(Math.log10(Math.abs(rounded)));
  if (magnitude >= 2) return formatCount(value);
  return rounded.toFixed(Math.min(3, 2 - magnitude));
}

/** A share between 0 and 1 as a percentage with its sign. */
export const formatShare = (share: number): string => `${formatFigure(share * 100)}%`;

/** The text cut to a width, with an ellipsis where something was left out. */
export const truncate = (text: string, width: number): string =>
  text.length <= width ? text : width < 1 ? '' : `${text.slice(0, width - 1)}…`;
