/** Small loads on simulated fleets, and what can be seen of them. Virtual time: the same settings give the same figures. */
import { fleetFields } from '../../../src/config/fleet-fields.js';
import { simulateSchema, type SimulateSettings } from '../../../src/config/schema.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { runSimulateSettings } from '../../../src/runs/simulate.js';
import { fleetsOf } from '../../../src/server/generation/latency.js';
import type { Context, EffectRow } from './situations.js';

/** A load of settings, or a trace. */
export interface VirtualLoad {
  /** Further settings of the section. */
  beside?: Record<string, unknown>;
  trace?: () => string;
}

/** Who has the fleet: a simulation, or the server, whose clusters are made of the same settings by the same code. */
export type FleetSection = 'simulate' | 'server';

async function settingsOf(
  context: Context,
  { beside = {} }: VirtualLoad,
  section: FleetSection = 'simulate',
): Promise<SimulateSettings> {
  if (section === 'simulate') return context.simulate({ simulate: beside });
  const { model = 'llama-3.3-70b', ...rest } = beside;
  const isOfFleet = (key: string): boolean => key in fleetFields;
  const entries = Object.entries(rest);
  const own = Object.fromEntries(entries.filter(([key]) => isOfFleet(key)));
  const load = Object.fromEntries(entries.filter(([key]) => !isOfFleet(key)));
  const server = await context.server({ server: { ...own, model: [model], latency: 'physics' } });
  const { fleet } = fleetsOf(server)[0]!;
  return {
    ...simulateSchema.parse(load),
    ...fleet,
    failure: [...fleet.failure],
    costTable: server.costTable,
  };
}

/** Simulates what the layers say. */
export const simulate = async (
  context: Context,
  load: VirtualLoad,
  section: FleetSection = 'simulate',
): Promise<RunFile> => runSimulateSettings(load.trace?.(), await settingsOf(context, load, section), {});

/** What clients and caches saw, and nothing that merely repeats a setting. */
function figuresOf({ targets, simulation }: RunFile): string {
  const { metrics, counters } = targets[0]!;
  const { prefixHitPercent, preemptions } = simulation!;
  return JSON.stringify({ metrics, counters, prefixHitPercent, preemptions });
}

/** Which values of a setting give the same figures as those that the layers say. */
async function valuesLike(
  context: Context,
  key: keyof SimulateSettings,
  candidates: readonly unknown[],
  load: VirtualLoad,
  section: FleetSection,
): Promise<unknown[]> {
  const settings = await settingsOf(context, load, section);
  const trace = load.trace?.();
  const figuresWith = async (override: object): Promise<string> =>
    figuresOf(await runSimulateSettings(trace, { ...settings, ...override }, {}));
  const figures = await figuresWith({});
  const alike: unknown[] = [];
  for (const value of candidates) if ((await figuresWith({ [key]: value })) === figures) alike.push(value);
  return alike;
}

/**
 * A setting each value of which gives other figures.
 *
 * @param values - the default, and what the file, the environment and the flag say, parsed
 * @param write - how a value is written
 */
export function figuresRow(
  key: keyof SimulateSettings,
  values: readonly [unknown, unknown, unknown, unknown],
  load: VirtualLoad,
  section: FleetSection = 'simulate',
  write: (value: unknown) => unknown = (value) => value,
): EffectRow {
  const [, file, environment, flag] = values.map(write);
  const candidates = [...new Set(values)];
  return {
    path: `${section}.${key}`,
    given: [file, String(environment), flag],
    seen: values.map((value) => [value]) as unknown as EffectRow['seen'],
    observe: (context) => valuesLike(context, key, candidates, load, section),
  };
}
