/** Prints toned lines: in colour on a terminal, plainly elsewhere. */
import { printable, plainText, type Line } from '../../results/lines.js';
import { renderLines } from '../../ui/live.js';

/** Where a command prints; a terminal, a pipe, or what a test gives. */
export type Output = Pick<NodeJS.WriteStream, 'write'> & Partial<NodeJS.WriteStream>;

/** Width of tables where there is no terminal. */
const WIDTH = 160;

export const widthOf = (out: Output): number => out.columns ?? WIDTH;

export async function printLines(lines: readonly Line[], out: Output): Promise<void> {
  const safe = lines.map(printable);
  if (out.isTTY) await renderLines(safe, out as NodeJS.WriteStream);
  else out.write(plainText(safe));
}

/** @param line - in one line, as one of several documents */
export const printJson = (value: unknown, out: Output, line = false): void => {
  out.write(`${JSON.stringify(value, null, line ? 0 : 2)}\n`);
};
