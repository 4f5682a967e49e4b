/** Runs inside GitHub Actions say by themselves what happened, without a flag. */
import { appendFile } from 'node:fs/promises';
import { messageOf } from '../../lib/errors.js';
import type { Comparison } from '../../results/compare/compare-lines.js';
import { comparisonAnnotations, comparisonMarkdown } from '../../results/compare/comparison-documents.js';
import { githubAnnotations, toGithubMarkdown } from '../../results/exporters/github.js';
import type { RunFile } from '../../results/run-file.js';

/**
 * Under GITHUB_ACTIONS=true: appends the run to the step summary and annotates missed gates and a bad verdict.
 * Annotations go to stderr, where the runner reads them too, so that stdout stays what was asked for.
 */
export const reportToGithub = (run: RunFile, env: NodeJS.ProcessEnv): Promise<void> =>
  report(env, githubAnnotations(run), () => toGithubMarkdown(run));

/** The same for a comparison: failed rules are annotated. */
export const comparisonToGithub = (comparison: Comparison, env: NodeJS.ProcessEnv): Promise<void> =>
  report(env, comparisonAnnotations(comparison), () => comparisonMarkdown(comparison));

async function report(
  env: NodeJS.ProcessEnv,
  annotations: readonly string[],
  markdown: () => string,
): Promise<void> {
  if (env['GITHUB_ACTIONS'] !== 'true') return;
  for (const line of annotations) process.stderr.write(`${line}\n`);
  const path = env['GITHUB_STEP_SUMMARY'];
  if (path === undefined || path === '') return;
  try {
    await appendFile(path, `${markdown()}\n`);
  } catch (error) {
    // The run and its outputs are fine: a summary that cannot be shown must not fail the job.
    process.stderr.write(`::warning::cannot write the step summary: ${messageOf(error)}\n`);
  }
}
