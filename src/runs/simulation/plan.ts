/** From settings to the plan of a run in virtual time. */
import type { SimulateSettings } from '../../config/schema.js';
import type { Plan, Trace } from '../../workloads/plan.js';
import { readLengths } from '../bench-workload.js';
import { goodputOf, loadArrivals, loadStop } from '../plans.js';

/**
 * The plan of `fakeai simulate`, by the number of replicas: of a trace if there is one. Nothing is sent, so the target is
 * a name; the fleet's own queues bound what is in flight.
 */
export async function simulatePlan(
  settings: SimulateSettings,
  trace: Trace | undefined,
): Promise<(replicas: number) => Plan> {
  const { model, gpu, maxNumSeqs, maxQueue } = settings;
  const load = trace ? traceLoad(settings, trace) : await syntheticLoad(settings);
  return (replicas) => ({
    targets: [{ name: 'fleet', url: `virtual:${model}/${gpu}` }],
    endpoint: 'chat',
    model,
    streaming: true,
    ignoreEos: true,
    ...load,
    maxInFlight: replicas * (maxNumSeqs + maxQueue),
    timeoutMs: settings.timeout,
    graceMs: settings.grace,
    seed: settings.seed,
    ...goodputOf(settings),
  });
}

type Load = Pick<Plan, 'arrivals' | 'workload' | 'stop' | 'warmupMs'>;

const traceLoad = ({ speed }: SimulateSettings, trace: Trace): Load => ({
  arrivals: { kind: 'trace', speed },
  workload: { kind: 'trace', trace },
  stop: {},
  warmupMs: 0,
});

async function syntheticLoad(settings: SimulateSettings): Promise<Load> {
  const arrivals = loadArrivals(settings);
  return {
    arrivals,
    workload: { kind: 'synthetic', ...(await readLengths(settings)) },
    stop: loadStop(settings),
    warmupMs: arrivals.kind === 'burst' ? 0 : settings.warmup,
  };
}
