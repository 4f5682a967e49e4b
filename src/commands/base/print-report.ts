/** A run on stdout: one JSON document, or the report for people. */
import type { RunFile } from '../../results/run-file.js';
import { renderReport } from '../../ui/live.js';

/** Prints a run as the settings ask. */
export async function printReport(run: RunFile, { json }: { json: boolean }): Promise<void> {
  if (json) process.stdout.write(`${JSON.stringify(run, null, 2)}\n`);
  else await renderReport(run);
}
