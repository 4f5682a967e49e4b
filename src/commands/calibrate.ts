import { Args } from '@oclif/core';
import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { calibrate } from '../runs/calibrate.js';
import { FakeaiCommand } from './base/command.js';

export default class Calibrate extends FakeaiCommand {
  static override readonly summary = 'Make a latency profile of a measured endpoint';
  static override readonly description =
    'Fits times to the first token and between tokens, and how they depend on prompt length and load, and prints a profile ' +
    'that "fakeai server --latency profile --profile FILE" plays. The requests of a run tell more than its run file.';
  static override readonly examples = [
    "<%= config.bin %> bench --url https://gateway.example --stages 2m@1c,2m@16c --input-tokens 'uniform(100,4000)' --output requests=requests.jsonl",
    '<%= config.bin %> calibrate requests.jsonl > gateway.json',
    '<%= config.bin %> server --latency profile --profile gateway.json',
  ];
  static override readonly args = {
    run: Args.string({
      description: 'Requests of a run (--output requests=FILE), or a run file',
      required: true,
    }),
  };
  static override readonly flags = flagsFor('calibrate');

  protected readonly section = 'calibrate';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Calibrate);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    const { profile, requests, untold } = await calibrate({ path: args.run, ...settings });
    process.stdout.write(`${JSON.stringify(profile, null, 2)}\n`);
    const loads = profile.levels?.map(({ inFlight }) => Math.round(inFlight * 10) / 10);
    const found = `${requests} requests${loads ? `, in flight: ${loads.join(', ')}` : ''}`;
    process.stderr.write([found, ...untold].map((line) => `${line}\n`).join(''));
  }
}
