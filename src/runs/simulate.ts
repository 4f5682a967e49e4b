/** `fakeai simulate`: from settings to a run file, in virtual time. */
import type { SimulateSettings } from '../config/schema.js';
import { RequestLog } from '../engine/request-log.js';
import { systemClock, type Clock } from '../lib/clock.js';
import { FakeaiError } from '../lib/errors.js';
import type { RunFile } from '../results/run-file.js';
import { parseSlo } from '../results/slo.js';
import { writeTextFile } from '../results/write-file.js';
import { readCostTable } from '../server/cluster/read-cost-table.js';
import { readArchitecture, readGpu } from '../server/cluster/read-hardware.js';
import { costTablesOf } from '../simulator/cluster/cost-table-of.js';
import { costOptionsOf } from '../simulator/fleet/cluster-options.js';
import { readTrace } from '../workloads/traces/read-trace.js';
import { openRequestLog, type Output, parseSimulationOutputs, writeOutputs } from './outputs.js';
import { traceOptions } from './plans.js';
import type { RunHooks } from './run.js';
import { simulatePlan } from './simulation/plan.js';
import { simulateFleet, type SimulatedSettings } from './simulation/point.js';
import type { MeasureHooks } from './series/load.js';
import { searchLoad } from './series/search.js';
import { parseSweep, runSweep } from './series/sweep.js';
import { fleetAlone, planAlone } from './simulation/alone.js';
import { parseFleetSearch, searchReplicas } from './simulation/search.js';
import { VirtualRecords } from './simulation/virtual-records.js';
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
  const asked = await parseSimulationOutputs(settings.output);
  const outputs = asked.filter((output): output is Output => output.kind !== 'costs');
  // Before the run, which may be a long one: a model that no table describes is refused at once.
  const tables = asked.filter(({ kind }) => kind === 'costs');
  for (const { path } of tables) await writeTextFile(path, costTableText(settings));
  const trace = tracePath === undefined ? undefined : await readTrace(tracePath, traceOptions(settings));
  const planFor = await simulatePlan(settings, trace);
  const gates = search ? [...search.gates, ...slos] : slos;
  const { replicas } = settings;
  const requestLog = await openRequestLog(outputs);
  const log = requestLog === undefined ? undefined : new RequestLog(requestLog);
  let loads = 0;
  const measure = (fleet: number, plan: Plan, { load, ...pointHooks }: MeasureHooks): Promise<RunFile> => {
    const records = log && new VirtualRecords('fleet', load ?? loads++, (line) => log.add(line));
    return simulateFleet({ ...settings, replicas: fleet }, plan, gates, pointHooks, clock, records);
  };
  const series = {
    plan: planFor(replicas),
    settings,
    hooks,
    measure: (plan: Plan, pointHooks: MeasureHooks) => measure(replicas, plan, pointHooks),
  };
  const perform = (): Promise<RunFile> => {
    if (sweep) return runSweep(sweep, series);
    if (!search) return measure(replicas, planFor(replicas), hooks);
    if (search.subject !== 'replicas')
      return searchLoad(search, { ...series, precision: settings.searchPrecision });
    return searchReplicas(search, hooks, {
      simulate: (fleet, pointHooks) => measure(fleet, planFor(fleet), pointHooks),
      alone: settings.coalescing
        ? undefined
        : (requests, pointHooks) =>
            simulateFleet(
              settings,
              planAlone(planFor(1), requests),
              gates,
              pointHooks,
              clock,
              undefined,
              fleetAlone,
            ),
    });
  };
  let run: RunFile;
  try {
    run = await perform();
  } finally {
    await log?.close();
  }
  await writeOutputs(outputs, run);
  if (requestLog !== undefined && log?.problem !== undefined)
    throw new FakeaiError('FAKEAI_FILE_UNWRITABLE', { path: requestLog, problem: log.problem });
  return run;
}

/** The analytic cost model of the fleet, as `--cost-table` reads it. */
const costTableText = (settings: SimulatedSettings): string =>
  `${JSON.stringify(costTablesOf(costOptionsOf(settings)), null, 1)}\n`;

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
