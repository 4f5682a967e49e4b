/** Text in lines of toned segments: laid out once, printed plainly in logs and in colour on a terminal. */

/** What a piece of text means; only a terminal turns it into a colour. */
export type Tone = 'good' | 'warn' | 'bad' | 'dim' | 'strong' | 'bar';

export interface Segment {
  text: string;
  tone?: Tone | undefined;
}

export type Line = Segment[];

export const line = (text: string, tone?: Tone): Line => [{ text, tone }];
export const BLANK: Line = [];

export const lineText = (segments: Line): string => segments.map((segment) => segment.text).join('');

/** Control codes in what endpoints and users wrote (error messages, names) must not reach a terminal. */
// oxlint-disable-next-line no-control-regex -- control codes are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** The line with every control character shown as `·`. */
export const printable = (segments: Line): Line =>
  segments.map((segment) => ({ ...segment, text: segment.text.replaceAll(CONTROL, '·') }));

/** The lines without tones and without trailing blanks. */
export const plainText = (lines: readonly Line[]): string =>
  lines.map((l) => `${lineText(l).trimEnd()}\n`).join('');

/** Breaks a text between words; a word longer than a line is cut. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(/\s+/).flatMap((w) => cutWord(w, width))) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return current === '' ? lines : [...lines, current];
}

const cutWord = (word: string, width: number): string[] =>
  word.length <= width ? [word] : [word.slice(0, width), ...cutWord(word.slice(width), width)];

/** A column of a table. The first column that is not `right` starts its line. */
export interface Column {
  head: string;
  align: 'left' | 'right';
  /** Columns with the highest number go first when there is too little room; without one a column always stays. */
  dispensable?: number;
}

export interface Cell {
  text: string;
  tone?: Tone | undefined;
}

const GAP = 2;

/**
 * Lays out a table: a dimmed head, numbers to the right, columns as wide as their content. Where the width does not
 * suffice, dispensable columns are left out.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): Line[] {
  const widths = columns.map((column, i) =>
    Math.max(column.head.length, ...rows.map((row) => row[i]!.text.length)),
  );
  const shown = fittingColumns(columns, widths, width);
  const layOut = (cells: readonly Cell[]): Line =>
    shown.map((index, position) => {
      const { text, tone } = cells[index]!;
      const padded =
        columns[index]!.align === 'right' ? text.padStart(widths[index]!) : text.padEnd(widths[index]!);
      return { text: position === 0 ? padded : ' '.repeat(GAP) + padded, tone };
    });
  return [layOut(columns.map(({ head }) => ({ text: head, tone: 'dim' }))), ...rows.map(layOut)];
}

function fittingColumns(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  let shown = columns.map((_, i) => i);
  const total = (): number => shown.reduce((sum, i) => sum + widths[i]! + GAP, -GAP);
  const byDispensability = shown
    .filter((i) => columns[i]!.dispensable !== undefined)
    .toSorted((a, b) => columns[b]!.dispensable! - columns[a]!.dispensable!);
  for (const candidate of byDispensability) {
    if (total() <= width) break;
    shown = shown.filter((i) => i !== candidate);
  }
  return shown;
}
