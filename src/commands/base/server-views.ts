/** What `status` and `cache-stats` print. */
import type { CacheStatsSettings, StatusSettings } from '../../config/schema.js';
import type { ServerHealth } from '../../results/server-view.js';
import { askCache, askHealth, askView } from '../../runs/ask-server.js';
import { cacheLines, statusLines } from '../../ui/server-lines.js';
import { printJson, printLines, widthOf, type Output } from './print-lines.js';

/** Prints how a server is doing, and returns it. */
export async function printStatus(
  { url, json }: StatusSettings,
  out: Output = process.stdout,
): Promise<ServerHealth['status']> {
  const [view, health] = await Promise.all([askView(url), askHealth(url)]);
  if (json) printJson({ url, ...health, ...view }, out);
  else await printLines(statusLines(url, view, health), out);
  return health.status;
}

/** Prints the KV caches of a server. */
export async function printCacheStats(
  { url, json }: CacheStatsSettings,
  out: Output = process.stdout,
): Promise<void> {
  const cache = await askCache(url);
  if (json) printJson(cache, out);
  else await printLines(cacheLines(cache, widthOf(out)), out);
}
