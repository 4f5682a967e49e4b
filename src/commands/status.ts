import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { EXIT } from '../lib/errors.js';
import { FakeaiCommand } from './base/command.js';
import { showStatus } from './base/server-views.js';

export default class Status extends FakeaiCommand {
  static override readonly summary = 'Show whether a server is up, and how it is doing';
  static override readonly description =
    'Ends with 1 when nobody answers, or when the server is unhealthy; with --watch it goes on until nobody answers or Ctrl-C.';
  static override readonly examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --url http://10.0.0.7:8000 --json',
    '<%= config.bin %> status --watch --interval 5s',
  ];
  static override readonly flags = flagsFor('status');

  protected readonly section = 'status';

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    if ((await showStatus(settings)) === 'unhealthy') this.exit(EXIT.failure);
  }
}
