import * as Args from '@oclif/core/args';
import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { runReplaySettings } from '../runs/run.js';
import { RunCommand } from './base/run-command.js';

export default class Replay extends RunCommand {
  static override readonly summary = 'Replay a recorded trace at its own timestamps';
  static override readonly description =
    'Reads traces of Mooncake and Bailian (JSONL), Azure LLM and BurstGPT (CSV), and what --output requests=FILE wrote. Each row is sent at its own instant with its own lengths; equal hash_ids ' +
    'become equal prompt prefixes, so that prefix caches see what the trace says.';
  static override readonly examples = [
    '<%= config.bin %> replay trace.jsonl --url http://localhost:8000 --speed 10',
    '<%= config.bin %> replay azure.csv --format azure --limit 100',
  ];
  static override readonly args = {
    trace: Args.string({ description: 'Trace file', required: true }),
  };
  static override readonly flags = flagsFor('replay');

  protected readonly section = 'replay';

  async run(): Promise<void> {
    const serverCommand = this.takeServerCommand();
    const { args, flags } = await this.parse(Replay);
    const { settings, server } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    await this.perform(settings, (hooks) =>
      runReplaySettings(args.trace, settings, server, { ...hooks, serverCommand }),
    );
  }
}
