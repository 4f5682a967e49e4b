/** From settings to the plan of a run in virtual time. */
import type { SimulateSettings } from '../../config/schema.js';
import { parseLength } from '../../workloads/lengths.js';
import type { Plan, Trace } from '../../workloads/plan.js';
import { loadArrivals, loadStop } from '../plans.js';

/**
 * The plan of `fakeai simulate`: of a trace if there is one. Nothing is sent, so the target is a name; the fleet's own
 * queues bound what is in flight.
 */
export function simulatePlan(settings: SimulateSettings, trace: Trace | undefined): Plan {
  const { replicas, maxNumSeqs, maxQueue } = settings;
  return {
    targets: [{ name: 'fleet', url: `virtual:${settings.model}/${settings.gpu}` }],
    endpoint: 'chat',
    model: settings.model,
    streaming: true,
    ignoreEos: true,
    ...(trace ? tracePart(settings, trace) : loadPart(settings)),
    maxInFlight: replicas * (maxNumSeqs + maxQueue),
    timeoutMs: settings.timeout,
    graceMs: settings.grace,
    seed: settings.seed,
  };
}

const tracePart = ({ speed }: SimulateSettings, trace: Trace) =>
  ({
    arrivals: { kind: 'trace', speed },
    workload: { kind: 'trace', trace },
    stop: {},
    warmupMs: 0,
  }) as const;

const loadPart = (settings: SimulateSettings) => ({
  arrivals: loadArrivals(settings),
  workload: {
    kind: 'synthetic' as const,
    inputTokens: parseLength(settings.inputTokens, '--input-tokens'),
    outputTokens: parseLength(settings.outputTokens, '--output-tokens'),
  },
  stop: loadStop(settings),
  warmupMs: settings.warmup,
});
