import { flagsFor } from '../../config/flags.js';
import { unknownFlagError } from '../../config/unknown-flag.js';
import { resolveSettings } from '../../config/resolve.js';
import { EXIT } from '../../lib/errors.js';
import { packageInfo } from '../../lib/package-info.js';
import { mergeShards, type Shard } from '../../results/merge.js';
import { readRunFile } from '../../results/read-run-file.js';
import { exitCodeOf } from '../../runs/exit-code.js';
import { parseOutputs, refuseLiveOutputs, writeOutputs } from '../../runs/outputs.js';
import { FakeaiCommand } from '../base/command.js';
import { printReport } from '../base/print-report.js';

export default class Merge extends FakeaiCommand {
  static override readonly summary = 'Merge the run files of shards into one, without loss';
  static override readonly description =
    'Percentiles are those of one run. Shards must be runs of the same plan against the same targets.';
  static override readonly usage = 'report merge SHARD SHARD… [flags]';
  static override readonly examples = ['<%= config.bin %> report merge shard-*.json --output json=run.json'];
  // Any number of arguments: the shards.
  static override readonly strict = false;
  static override readonly flags = flagsFor('merge');

  protected readonly section = 'merge';

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Merge);
    const paths = argv.map(String);
    // Without strict arguments a mistyped flag arrives among them.
    const mistyped = paths.find((path) => path.startsWith('-'));
    if (mistyped !== undefined) throw unknownFlagError(mistyped, this.section);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    const outputs = await parseOutputs(settings.output);
    refuseLiveOutputs(outputs);
    const shards: Shard[] = [];
    for (const path of paths) shards.push({ path, run: await readRunFile(path) });
    const run = mergeShards(shards, packageInfo());
    await writeOutputs(outputs, run);
    await printReport(run, settings);
    const exitCode = exitCodeOf(run);
    if (exitCode !== EXIT.ok) this.exit(exitCode);
  }
}
