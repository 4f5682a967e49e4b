import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { FakeaiCommand } from './base/command.js';
import { showDashboard, showMetrics } from './base/metrics-views.js';

export default class Metrics extends FakeaiCommand {
  static override readonly summary =
    'Show the metrics of a server: once, again and again, or as a live screen';
  static override readonly examples = [
    '<%= config.bin %> metrics',
    '<%= config.bin %> metrics --dashboard',
    '<%= config.bin %> metrics --watch --interval 5s',
    '<%= config.bin %> metrics --format prometheus --dialect vllm',
  ];
  static override readonly flags = flagsFor('metrics');

  protected readonly section = 'metrics';

  async run(): Promise<void> {
    const { flags } = await this.parse(Metrics);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    if (settings.dashboard) await showDashboard(settings);
    else await showMetrics(settings);
  }
}
