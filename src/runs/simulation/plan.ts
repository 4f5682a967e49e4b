/** From settings to the plan of a run in virtual time. */
import type { SimulateSettings } from '../../config/schema.js';
import type { Plan, Trace } from '../../workloads/plan.js';
import { hasSessions } from '../../workloads/session-shape.js';
import { benchWorkload } from '../bench-workload.js';
import { cancellation, goodputOf, loadArrivals, loadStop, sendersOf } from '../plans.js';

/**
 * The plan of `fakeai simulate`, by the number of replicas: of a trace if there is one. Nothing is sent, so the target is
 * a name; the fleet's own queues bound what is in flight.
 */
export async function simulatePlan(
  settings: SimulateSettings,
  trace: Trace | undefined,
): Promise<(replicas: number) => Plan> {
  const { model, gpu, maxNumSeqs, maxQueue } = settings;
  const load = trace ? traceLoad(settings, trace) : await ownLoad(settings);
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
    ...cancellation(settings),
    ...sendersOf(settings),
  });
}

type Load = Pick<Plan, 'arrivals' | 'workload' | 'stop' | 'warmupMs'>;

const traceLoad = ({ speed }: SimulateSettings, trace: Trace): Load => ({
  arrivals: { kind: 'trace', speed },
  workload: { kind: 'trace', trace },
  stop: {},
  warmupMs: 0,
});

/** In virtual time prompts are text alone, counted as OpenAI does. */
const TEXT = {
  endpoint: 'chat',
  tokenizer: 'auto',
  images: undefined,
  imageSize: '',
  audio: undefined,
  audioSeconds: 0,
} as const;

async function ownLoad(settings: SimulateSettings): Promise<Load> {
  const arrivals = loadArrivals(settings);
  const workload = await benchWorkload({ ...settings, ...TEXT });
  return {
    arrivals,
    workload,
    stop: loadStop(settings, hasSessions(workload)),
    warmupMs: arrivals.kind === 'burst' ? 0 : settings.warmup,
  };
}
