/**
 * The programmatic API.
 *
 * @example
 * ```ts
 * import { runBench, startServer } from 'fakeai';
 *
 * const server = await startServer({ port: 0, latency: 'instant' });
 * const run = await runBench({ url: server.url, requests: 100, concurrency: 4 });
 * console.log(run.targets[0]?.metrics.ttft?.p95);
 * await server.close();
 * ```
 */
import type * as z from 'zod';
import { fleetFlagOf } from './config/fleet-checks.js';
import { resolveSettings } from './config/resolve.js';
import type { benchSchema, replaySchema, serverSchema, simulateSchema } from './config/schema.js';
import { checkSimulatedLoad } from './config/simulate-checks.js';
import type { RunFile } from './results/run-file.js';
import { runBenchSettings, runReplaySettings, type RunHooks } from './runs/run.js';
import { runSimulateSettings } from './runs/simulate.js';
import { startServer as startServerThreads, type RunningServer } from './server/index.js';

/** Settings of the simulated server, as in the `server` section of the configuration file; all optional. */
export type ServerOptions = z.input<typeof serverSchema>;
/** Settings of a benchmark, as in the `bench` section of the configuration file; all optional. */
export type BenchOptions = z.input<typeof benchSchema>;
/** Settings of a replay, as in the `replay` section of the configuration file; all optional. */
export type ReplayOptions = z.input<typeof replaySchema>;

/** Settings of a simulation, as in the `simulate` section of the configuration file; all optional. */
export type SimulateOptions = z.input<typeof simulateSchema>;

/** What {@link runBench} and {@link runReplay} take beside their settings. */
export interface RunOptions extends RunHooks {
  /** Settings of the embedded simulator, which is measured when neither `url` nor `target` is given. */
  server?: ServerOptions;
}

/**
 * Starts the simulated server in threads of this process.
 *
 * @param options - settings; `port` 0 takes any free port
 * @returns the running server with its `url`; `close()` lets open responses finish
 * @throws FakeaiError with code FAKEAI_SETTING_INVALID, FAKEAI_PORT_IN_USE or FAKEAI_LISTEN_FAILED
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { settings, origins } = await resolveSettings({ section: 'server', options: { server: options } });
  return startServerThreads({ ...settings, fleetGiven: fleetFlagOf(origins) });
}

/**
 * Runs a benchmark; without a target, of an embedded simulator.
 *
 * @param options - settings
 * @param run - hooks, and settings of the embedded simulator
 * @returns the run file; latencies in milliseconds. Missed SLOs do not throw: see `slo[].passed`
 * @throws FakeaiError when a setting is refused or a listed model cannot be found out
 */
export async function runBench(options: BenchOptions = {}, run: RunOptions = {}): Promise<RunFile> {
  const { server: serverOptions = {}, ...hooks } = run;
  const given = { bench: options, server: serverOptions };
  const { settings, server } = await resolveSettings({
    section: 'bench',
    options: given,
    env: apiKeyEnvironment(options),
  });
  return runBenchSettings(settings, server, hooks);
}

/**
 * Replays a trace; without a target, against an embedded simulator.
 *
 * @param tracePath - a Mooncake JSONL or Azure CSV file
 * @param options - settings
 * @param run - hooks, and settings of the embedded simulator
 * @returns the run file
 * @throws FakeaiError when the trace or a setting is refused; nothing was sent then
 */
export async function runReplay(
  tracePath: string,
  options: ReplayOptions = {},
  run: RunOptions = {},
): Promise<RunFile> {
  const { server: serverOptions = {}, ...hooks } = run;
  const given = { replay: options, server: serverOptions };
  const { settings, server } = await resolveSettings({
    section: 'replay',
    options: given,
    env: apiKeyEnvironment(options),
  });
  return runReplaySettings(tracePath, settings, server, hooks);
}

/**
 * Simulates a load on a fleet in virtual time; nothing is sent to anyone.
 *
 * @param options - settings; `trace` is a Mooncake JSONL or Azure CSV file to play instead of their load
 * @param hooks - signal, and callbacks for the plan and the progress
 * @returns the run file, with `plan.virtual` and `simulation`; latencies in virtual milliseconds
 * @throws FakeaiError when a setting or the trace is refused
 */
export async function runSimulation(
  { trace, ...options }: SimulateOptions & { trace?: string } = {},
  hooks: RunHooks = {},
): Promise<RunFile> {
  const { settings, origins } = await resolveSettings({
    section: 'simulate',
    options: { simulate: options },
  });
  checkSimulatedLoad(origins, trace);
  return runSimulateSettings(trace, settings, hooks);
}

/** Programs say everything in their options: of the environment, only the key that they name is looked at. */
function apiKeyEnvironment({
  apiKeyEnv,
}: Pick<BenchOptions, 'apiKeyEnv'>): Record<string, string | undefined> {
  return apiKeyEnv === undefined ? {} : { [apiKeyEnv]: process.env[apiKeyEnv] };
}

export { FakeaiError, type ErrorCode } from './lib/errors.js';
export type { Progress } from './results/progress.js';
export type { RunFile, RunTarget } from './results/run-file.js';
export type { PlanSummary } from './results/plan-summary.js';
export type { FixtureInput, RunningServer } from './server/index.js';
