/** What `status` and `cache-stats` print. */
import type { CacheStatsSettings, StatusSettings } from '../../config/schema.js';
import type { Line } from '../../results/lines.js';
import type { ServerHealth } from '../../results/server-view.js';
import { askCache, askHealth, askView } from '../../runs/ask-server.js';
import { cacheLines, statusLines } from '../../ui/server-lines.js';
import { printJson, printLines, widthOf, type Output } from './print-lines.js';
import { onceOrAgain } from './watch.js';

/**
 * Prints how a server is doing, again and again where that is asked for.
 *
 * @returns how it is doing, where it was asked once
 */
export const showStatus = (
  settings: StatusSettings,
  out: Output = process.stdout,
): Promise<ServerHealth['status'] | undefined> =>
  onceOrAgain(settings, async (signal) => {
    const { url } = settings;
    const [view, health] = await Promise.all([askView(url, signal), askHealth(url, signal)]);
    await print(settings, { url, ...health, ...view }, () => statusLines(url, view, health), out);
    return health.status;
  });

/** Prints the KV caches of a server, again and again where that is asked for. */
export const showCacheStats = (settings: CacheStatsSettings, out: Output = process.stdout): Promise<void> =>
  onceOrAgain(settings, async (signal) => {
    const cache = await askCache(settings.url, signal);
    await print(settings, cache, () => cacheLines(cache, widthOf(out)), out);
  });

/** As JSON or in lines; of several documents each takes one line, of several tables each ends with an empty one. */
async function print(
  { json, watch }: Pick<StatusSettings, 'json' | 'watch'>,
  value: unknown,
  lines: () => readonly Line[],
  out: Output,
): Promise<void> {
  if (json) {
    printJson(value, out, watch);
    return;
  }
  await printLines(lines(), out);
  if (watch) out.write('\n');
}
