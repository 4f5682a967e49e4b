import * as Args from '@oclif/core/args';
import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { plainText, printable } from '../results/lines.js';
import { listModels, modelLines } from '../runs/models.js';
import { FakeaiCommand } from './base/command.js';

/** Width of the table where there is no terminal. */
const WIDTH = 160;

export default class Models extends FakeaiCommand {
  static override readonly summary = 'List models: those that fakeai knows, or those of a server';
  static override readonly description =
    'Without --url no server is needed. With it, what the server lists is shown beside what fakeai knows of those ids.';
  static override readonly examples = [
    '<%= config.bin %> models',
    '<%= config.bin %> models claude --feature reasoning',
    '<%= config.bin %> models --endpoint embeddings --json',
    '<%= config.bin %> models --url http://localhost:8000',
  ];
  static override readonly args = {
    filter: Args.string({ description: 'Part of an id' }),
  };
  static override readonly flags = flagsFor('models');

  protected readonly section = 'models';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Models);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    const models = await listModels({ ...settings, filter: args.filter });
    if (settings.json) {
      process.stdout.write(`${JSON.stringify(models, null, 2)}\n`);
      return;
    }
    if (models.length === 0) process.stderr.write('No model fits.\n');
    else process.stdout.write(plainText(modelLines(models, process.stdout.columns ?? WIDTH).map(printable)));
  }
}
