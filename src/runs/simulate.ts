/** `fakeai simulate`: from settings to a run file, in virtual time. */
import type { SimulateSettings } from '../config/schema.js';
import { systemClock, type Clock } from '../lib/clock.js';
import type { RunFile } from '../results/run-file.js';
import { parseSlo } from '../results/slo.js';
import { readCostTable } from '../server/cluster/read-cost-table.js';
import { readArchitecture, readGpu } from '../server/cluster/read-hardware.js';
import { readTrace } from '../workloads/traces/read-trace.js';
import { parseOutputs, refuseLiveOutputs, writeOutputs } from './outputs.js';
import { traceOptions } from './plans.js';
import type { RunHooks } from './run.js';
import { simulatePlan } from './simulation/plan.js';
import { simulateFleet, type SimulatedSettings } from './simulation/point.js';
import { searchLoad } from './series/search.js';
import { parseSweep, runSweep } from './series/sweep.js';
import { parseFleetSearch, searchReplicas } from './simulation/search.js';
import type { Plan } from '../workloads/plan.js';

/**
 * Simulates a plan, or searches the smallest fleet or the highest load.
 *
 * @param tracePath - the trace to play; without one the load is that of the settings
 * @param hooks - as for real runs; progress is reported every two seconds of real time
 * @param clock - for the time stamp and the pace of progress; it does not change results
 * @throws FakeaiError when a setting or the trace is refused
 */
export async function runSimulateSettings(
  tracePath: string | undefined,
  given: SimulateSettings,
  hooks: RunHooks,
  clock: Clock = systemClock,
): Promise<RunFile> {
  const settings = await withFiles(given);
  const slos = settings.slo.map(parseSlo);
  const search = settings.search && parseFleetSearch(settings.search, tracePath !== undefined);
  const sweep = settings.sweep === undefined ? undefined : parseSweep(settings.sweep);
  const outputs = await parseOutputs(settings.output);
  refuseLiveOutputs(outputs);
  const trace = tracePath === undefined ? undefined : await readTrace(tracePath, traceOptions(settings));
  const planFor = await simulatePlan(settings, trace);
  const gates = search ? [...search.gates, ...slos] : slos;
  const { replicas } = settings;
  const measure = (fleet: number, plan: Plan, pointHooks: RunHooks): Promise<RunFile> =>
    simulateFleet({ ...settings, replicas: fleet }, plan, gates, pointHooks, clock);
  const series = {
    plan: planFor(replicas),
    settings,
    hooks,
    measure: (plan: Plan, pointHooks: RunHooks) => measure(replicas, plan, pointHooks),
  };
  const run = sweep
    ? await runSweep(sweep, series)
    : !search
      ? await measure(replicas, planFor(replicas), hooks)
      : search.subject === 'replicas'
        ? await searchReplicas(search, hooks, (fleet, pointHooks) =>
            measure(fleet, planFor(fleet), pointHooks),
          )
        : await searchLoad(search, { ...series, precision: settings.searchPrecision });
  await writeOutputs(outputs, run);
  return run;
}

/** The settings with what their files hold; a GPU and a model of a file go by the names that it gives them. */
async function withFiles(given: SimulateSettings): Promise<SimulatedSettings> {
  const [costTables, customGpu, customArchitecture] = await Promise.all([
    readCostTable(given.costTable),
    readGpu(given.gpu),
    readArchitecture(given.model),
  ]);
  return {
    ...given,
    costTables,
    ...(customGpu && { gpu: customGpu.name, customGpu }),
    ...(customArchitecture && { model: customArchitecture.name, customArchitecture }),
  };
}
