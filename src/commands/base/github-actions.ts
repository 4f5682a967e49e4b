/** Runs inside GitHub Actions say by themselves what happened, without a flag. */
import { appendFile } from 'node:fs/promises';
import { messageOf } from '../../lib/errors.js';
import { githubAnnotations, toGithubMarkdown } from '../../results/exporters/github.js';
import type { RunFile } from '../../results/run-file.js';

/**
 * Under GITHUB_ACTIONS=true: appends the run to the step summary and annotates missed gates and a bad verdict.
 * Annotations go to stderr, where the runner reads them too, so that stdout stays what was asked for.
 */
export async function reportToGithub(run: RunFile, env: NodeJS.ProcessEnv): Promise<void> {
  if (env['GITHUB_ACTIONS'] !== 'true') return;
  for (const line of githubAnnotations(run)) process.stderr.write(`${line}\n`);
  const path = env['GITHUB_STEP_SUMMARY'];
  if (path === undefined || path === '') return;
  try {
    await appendFile(path, `${toGithubMarkdown(run)}\n`);
  } catch (error) {
    // The run and its outputs are fine: a summary that cannot be shown must not fail the job.
    process.stderr.write(`::warning::cannot write the step summary: ${messageOf(error)}\n`);
  }
}
