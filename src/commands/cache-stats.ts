import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { FakeaiCommand } from './base/command.js';
import { showCacheStats } from './base/server-views.js';

export default class CacheStats extends FakeaiCommand {
  static override readonly summary = 'Show the KV caches of a server: hits, blocks, tiers, router';
  static override readonly examples = [
    '<%= config.bin %> cache-stats',
    '<%= config.bin %> cache-stats --url http://10.0.0.7:8000 --json',
    '<%= config.bin %> cache-stats --watch',
  ];
  static override readonly flags = flagsFor('cacheStats');

  protected readonly section = 'cacheStats';

  async run(): Promise<void> {
    const { flags } = await this.parse(CacheStats);
    const { settings } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    await showCacheStats(settings);
  }
}
