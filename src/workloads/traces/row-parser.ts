/** What the parsers of all trace formats share. */
import { FakeaiError } from '../../lib/errors.js';
import { MAX_TOKENS } from '../lengths.js';

/** Reads the lines of one file, in order, header included, blank ones left out. */
export interface RowParser {
  /**
   * @param text - the line, without its end
   * @param line - its number in the file, from 1
   * @throws FakeaiError FAKEAI_TRACE_INVALID
   */
  parse(text: string, line: number): void;
}

/** Refuses a line, or one field of it. */
export type Refuse = (line: number, field: string | undefined, problem: string) => never;

/** Makes the {@link Refuse} of a trace, or of another file with data. */
export const refuser =
  (path: string, code: 'FAKEAI_TRACE_INVALID' | 'FAKEAI_DATA_INVALID' = 'FAKEAI_TRACE_INVALID'): Refuse =>
  (line, field, problem) => {
    throw new FakeaiError(code, { path, line, field, problem });
  };

/** A value for an error message: never long, never over several lines, whatever the file holds. */
export function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 60) : value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The words of an error about a field that is missing or is not what it must be. */
export const problemOf = (value: unknown, expected: string): string =>
  value === undefined ? `is missing; it must be ${expected}` : `must be ${expected}, not ${show(value)}`;

/** What a count of tokens may be. */
export interface TokenBounds {
  min: number;
  max: number;
}

export const INPUT_BOUNDS: TokenBounds = { min: 1, max: MAX_TOKENS };
/** A trace may record an answer of no tokens. */
export const OUTPUT_BOUNDS: TokenBounds = { min: 0, max: MAX_TOKENS };

/** {@link problemOf} a count of tokens. */
export const tokensProblem = (value: unknown, bounds: TokenBounds): string =>
  problemOf(value, `a whole number from ${bounds.min} to ${bounds.max}`);

/**
 * A count of tokens from a CSV cell.
 *
 * @throws what `refuse` throws when the cell is not one within bounds
 */
export function tokenCell(
  refuse: Refuse,
  cell: string | undefined,
  { line, field, bounds }: { line: number; field: string; bounds: TokenBounds },
): number {
  const value = /^\s*\d{1,9}\s*$/.test(cell ?? '') ? Number(cell) : -1;
  return value >= bounds.min && value <= bounds.max
    ? value
    : refuse(line, field, tokensProblem(cell, bounds));
}
