import * as Args from '@oclif/core/args';
import { flagsFor } from '../../config/flags.js';
import { resolveSettings } from '../../config/resolve.js';
import { EXIT } from '../../lib/errors.js';
import { compareRunFiles } from '../../runs/compare.js';
import { comparisonLines } from '../../results/compare/compare-lines.js';
import { comparisonJson } from '../../results/compare/comparison-documents.js';
import { parseComparisonOutputs, writeComparison } from '../../runs/outputs.js';
import { FakeaiCommand } from '../base/command.js';
import { printLines } from '../base/print-lines.js';
import { comparisonToGithub } from '../base/github-actions.js';

/** Where there is no terminal. */
const WIDTH = 100;

export default class Compare extends FakeaiCommand {
  static override readonly summary = 'Compare two run files, with confidence intervals, and gate on changes';
  static override readonly description =
    'A rule fails only when the change is beyond its tolerance and its interval excludes chance; a missing metric fails. ' +
    'Exit codes: 0 fine, 2 usage or different plans, 3 one of the runs is invalid, 99 a rule failed.';
  static override readonly examples = [
    '<%= config.bin %> report compare base.json new.json',
    "<%= config.bin %> report compare base.json new.json --fail-if 'ttft.p95 > +10%' --fail-if 'request_rate < -5%'",
    '<%= config.bin %> report compare a.json b.json --waive model --output html=compared.html',
  ];
  static override readonly args = {
    base: Args.string({ description: 'Run file to compare with', required: true }),
    new: Args.string({ description: 'Run file to judge', required: true }),
  };
  static override readonly flags = flagsFor('compare');

  protected readonly section = 'compare';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Compare);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    const outputs = await parseComparisonOutputs(settings.output);
    const comparison = await compareRunFiles(args.base, args.new, settings);
    await writeComparison(outputs, comparison);
    if (settings.json) process.stdout.write(comparisonJson(comparison));
    else await printLines(comparisonLines(comparison, process.stdout.columns ?? WIDTH), process.stdout);
    await comparisonToGithub(comparison, process.env);
    if ([comparison.base, comparison.new].some(({ run }) => run.verdict.state === 'invalid')) {
      process.stderr.write('error: one of the runs is invalid, so its figures decide nothing\n');
      this.exit(EXIT.invalidRun);
    }
    if (comparison.rules.some(({ passed }) => !passed)) this.exit(EXIT.sloMissed);
  }
}
