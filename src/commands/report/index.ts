import * as Args from '@oclif/core/args';
import { flagsFor } from '../../config/flags.js';
import { resolveSettings } from '../../config/resolve.js';
import { readRunFile } from '../../results/read-run-file.js';
import { parseOutputs, refuseLiveOutputs, writeOutputs } from '../../runs/outputs.js';
import { FakeaiCommand } from '../base/command.js';
import { printReport } from '../base/print-report.js';

export default class Report extends FakeaiCommand {
  static override readonly summary = 'Show a run file, or write it in other formats';
  static override readonly examples = [
    '<%= config.bin %> report run.json',
    '<%= config.bin %> report run.json --json',
    '<%= config.bin %> report run.json --output html=run.html --output csv=run.csv',
  ];
  static override readonly args = {
    run: Args.string({ description: 'Run file, as --output json=PATH wrote it', required: true }),
  };
  static override readonly flags = flagsFor('report');

  protected readonly section = 'report';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Report);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    const outputs = await parseOutputs(settings.output);
    refuseLiveOutputs(outputs);
    const run = await readRunFile(args.run);
    await writeOutputs(outputs, run);
    await printReport(run, settings);
  }
}
