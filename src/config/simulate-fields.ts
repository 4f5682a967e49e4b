/** The settings of `fakeai simulate`: load settings of `bench` and `replay`, and a fleet in place of an endpoint. */
import type * as z from 'zod';
import { SIMULATION_OUTPUT_KINDS } from '../lib/output-kinds.js';
import { integer, positive, setting, settingRegistry, text } from './fields.js';
import { fleetFields, liveFleetFields } from './fleet-fields.js';
import { outputField } from './report-schema.js';

/** Of what `bench` has and makes sense in virtual time, what a trace decides by itself. */
export const SYNTHETIC_KEYS = [
  'concurrency',
  'rate',
  'arrivals',
  'burstiness',
  'stages',
  'burst',
  'requests',
  'duration',
  'warmup',
  'users',
  'thinkTime',
  'sweep',
  'sweepPoints',
  'inputTokens',
  'outputTokens',
  'lengths',
  'dataset',
  'datasetFormat',
  'datasetTurns',
  'datasetOrder',
  'datasetLimit',
  'systemTokens',
  'prefixPool',
  'prefixHitRatio',
  'cacheBust',
  'promptPool',
  'turns',
  'turnDelay',
  'searchPrecision',
] as const;

/** What of `bench` makes sense in virtual time. */
const LOAD_KEYS = [
  ...SYNTHETIC_KEYS,
  'cancelShare',
  'cancelAfter',
  'tenants',
  'priorities',
  'timeout',
  'grace',
  'seed',
  'slo',
  'goodput',
  'json',
  'quiet',
] as const;
type LoadKey = (typeof LOAD_KEYS)[number];

/** What of `replay` is about its trace. */
export const TRACE_KEYS = [
  'format',
  'speed',
  'limit',
  'from',
  'to',
  'minInputTokens',
  'maxInputTokens',
  'minOutputTokens',
  'maxOutputTokens',
  'dequantize',
] as const;
type TraceKey = (typeof TRACE_KEYS)[number];

/** What there is only here. */
const ownFields = {
  model: setting(text().default('llama-3.3-70b'), {
    summary:
      'Model whose shape decides how long steps take, or a file with its shape, such as a config.json of Hugging Face; an unknown name is answered with those that are known',
    group: 'fleet',
    char: 'm',
    valueName: '<name|file>',
  }),
  gpuPrice: setting(positive().optional(), {
    summary: 'Price of a GPU-hour in dollars; with it the report has costs',
    group: 'fleet',
    valueName: '<dollars>',
  }),
  warmPrefixes: setting(integer(0, 10_000).default(0), {
    summary:
      'Beginnings of prompts that are in all caches before the first request: the system prompt, prefixes of the pool, what requests of a trace or dataset share; the most used ones',
    group: 'engine',
    valueName: '<n>',
  }),
  search: setting(text().optional(), {
    summary:
      "Find the smallest fleet or the highest load instead: 'min replicas where ttft.p99 < 500ms', 'max rate where itl.p99 < 40ms'",
    group: 'fleet',
    valueName: '<expression>',
  }),
};

const outputFields = { output: outputField(SIMULATION_OUTPUT_KINDS) };

/** What only requests with senders can have, of those that are simulated. */
const senderFields = {
  schedulingPolicy: liveFleetFields.schedulingPolicy,
  sessionAffinity: liveFleetFields.sessionAffinity,
};

const pick = <K extends string, S extends Record<K, z.ZodType>>(shape: S, keys: readonly K[]): Pick<S, K> =>
  Object.fromEntries(keys.map((key) => [key, shape[key]])) as Pick<S, K>;

/** The same setting without its letter, which another one has here. */
function withoutLetter<S extends z.ZodType>(schema: S): S {
  // A clone inherits what it does not say itself, so the letter must be said to be absent.
  return setting(schema.clone(), { ...settingRegistry.get(schema)!, char: undefined });
}

/** All settings of the section, made of those of `bench` and `replay` and the fleet's. */
export function simulateFields<B extends Record<LoadKey, z.ZodType>, R extends Record<TraceKey, z.ZodType>>(
  bench: B,
  replay: R,
): Pick<B, LoadKey> &
  Pick<R, TraceKey> &
  typeof fleetFields &
  typeof senderFields &
  typeof outputFields &
  typeof ownFields {
  const trace = pick<TraceKey, R>(replay, TRACE_KEYS);
  return {
    ...ownFields,
    ...fleetFields,
    ...senderFields,
    ...pick<LoadKey, B>(bench, LOAD_KEYS),
    ...outputFields,
    ...trace,
    limit: withoutLetter(trace.limit),
  };
}
