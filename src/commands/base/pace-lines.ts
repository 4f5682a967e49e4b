/** How time passes for a server's models, for people: nobody should take a fixed pace for a simulated one. */
import type { ServerSettings } from '../../config/schema.js';
import { formatDurationMs } from '../../lib/duration.js';

/** @param simulated - the models that a fleet computes */
export function paceLines(settings: ServerSettings, simulated: readonly string[]): string[] {
  if (simulated.length === 0) return [`Tokens come ${paceOf(settings)}.`];
  const verb = simulated.length === 1 ? 'runs' : 'run, each';
  const fleet = `${simulated.join(', ')} ${verb} on a simulated fleet: ${fleetOf(settings)}.`;
  const isAll = settings.latency === 'physics' || simulated.length === settings.model.length;
  return isAll ? [fleet] : [fleet, `Tokens of other models come ${paceOf(settings)}.`];
}

function paceOf({ latency, ttft, itl, profile }: ServerSettings): string {
  if (latency === 'instant') return 'at once';
  if (latency === 'profile') return `as they were measured (${profile ?? 'a profile for each vendor'})`;
  return `at a fixed pace: ${formatDurationMs(ttft)} to the first, ${formatDurationMs(itl)} between them`;
}

function fleetOf({ replicas, tp, pp, gpu, router, abSplit }: ServerSettings): string {
  const count = `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`;
  return `${count} of ${tp * pp} × ${gpu}, router ${abSplit ? 'split' : router}`;
}
