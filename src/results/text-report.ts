/** The report as plain text: no cursor codes, no colours; for logs, files and pipes. */
import { plainText } from './lines.js';
import { reportLines } from './report-lines.js';
import type { RunFile } from './run-file.js';

/**
 * Renders a run.
 *
 * @param options.width - columns; lines are never longer (from 50 columns on). 80 by default
 */
export const renderTextReport = (run: RunFile, { width = 80 }: { width?: number } = {}): string =>
  plainText(reportLines(run, width));
