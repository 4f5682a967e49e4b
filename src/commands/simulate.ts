import * as Args from '@oclif/core/args';
import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { checkSimulatedLoad } from '../config/simulate-checks.js';
import { runSimulateSettings } from '../runs/simulate.js';
import { RunCommand } from './base/run-command.js';

export default class Simulate extends RunCommand {
  static override readonly summary = 'Simulate a load on a fleet of GPUs, in virtual time';
  static override readonly description =
    'Plays a trace, or the load of --rate or --concurrency, against simulated replicas with continuous batching, a KV cache and ' +
    'a router, and gives the same report and run file as bench. An hour takes about a second; nothing is sent to anyone.';
  static override readonly examples = [
    '<%= config.bin %> simulate --rate 5 --duration 10m --model llama-3.3-70b --gpu h100 --tp 4',
    "<%= config.bin %> simulate trace.jsonl --replicas 16 --router kv --gpu-price 2.5 --slo 'ttft.p99 < 2s'",
  ];
  static override readonly args = {
    trace: Args.string({
      description: 'Trace file: of Mooncake, Bailian, Azure or BurstGPT, or what --output requests wrote',
    }),
  };
  static override readonly flags = flagsFor('simulate');

  protected readonly section = 'simulate';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Simulate);
    const { settings, origins } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    checkSimulatedLoad(origins, args.trace);
    // A live screen is for time that passes.
    await this.perform({ ...settings, tui: false }, (hooks) =>
      runSimulateSettings(args.trace, settings, hooks),
    );
  }
}
