/** Flags of a simulated fleet that would have no effect. */
import { flagNameOf } from './describe-settings.js';
import { fleetFields, liveFleetFields } from './fleet-fields.js';
import type { Layer, Origin } from './layers.js';
import { refuse, type FlagOf } from './refuse.js';

/** Of a setting, the one that it needs, with the values that will do; any but its default without them. */
const NEEDS: readonly (readonly [key: string, needed: string, values?: readonly string[]])[] = [
  ['cacheTtl', 'eviction', ['ttl']],
  ['costTable', 'costModel', ['table']],
  ['numSpeculativeTokens', 'speculativeMethod', ['eagle', 'mtp', 'ngram']],
  ['acceptanceRate', 'speculativeMethod', ['eagle', 'mtp', 'ngram']],
  ['kvOffloadingSpeed', 'kvOffloadingSize'],
  ['kvDiskSpeed', 'kvDiskSize'],
  ['kvTransferSpeed', 'prefillReplicas'],
  ['circuitBreakerOpen', 'circuitBreaker'],
  ['circuitBreakerTtft', 'circuitBreaker'],
  ['batchingMax', 'batchingWindow'],
  ['onCrash', 'failure'],
];
/** Of a router's setting, the router; it may also be an arm of a split. */
const ROUTERS: readonly (readonly [key: string, router: string])[] = [
  ['routerTemperature', 'kv'],
  ['routerObjectives', 'adaptive'],
];

/**
 * Refuses flags of the fleet without effect.
 *
 * @param chosen - what was given, by path, without defaults
 * @param flag - the same, of flags only
 * @throws FakeaiError `FAKEAI_SETTING_INVALID`
 */
export function refuseIdleFleetFlags(chosen: Layer, section: 'server' | 'simulate', flag: FlagOf): void {
  const valueOf = (key: string): unknown => chosen.get(`${section}.${key}`)?.value;
  const textOf = (key: string): string => {
    const value = valueOf(key);
    return typeof value === 'string' ? value : '';
  };
  for (const [key, needed, values] of NEEDS) {
    const given = flag(`${section}.${key}`);
    const there = values ? values.includes(textOf(needed)) : valueOf(needed) !== undefined;
    const how = `--${flagNameOf(needed)}${values ? ` ${values.join(' or ')}` : ''}`;
    if (given && !there) refuse(given, `has no effect without ${how}`, 'Add it, or leave this out.');
  }
  const prefetch = flag(`${section}.kvPrefetch`);
  if (prefetch && valueOf('kvOffloadingSize') === undefined && valueOf('kvDiskSize') === undefined) {
    const problem = 'has no effect without memory below the GPUs';
    refuse(prefetch, problem, 'Add --kv-offloading-size or --kv-disk-size, or leave this out.');
  }
  const split = textOf('abSplit');
  for (const [key, router] of ROUTERS) {
    const given = flag(`${section}.${key}`);
    if (given && valueOf('router') !== router && !split.includes(router))
      refuse(given, `has no effect without --router ${router}`, 'Add it, or leave this out.');
  }
  const router = flag(`${section}.router`);
  if (router && split !== '')
    refuse(router, 'has no effect with --ab-split', 'A split names its routers itself.');
  if (section === 'server') refuseWithoutFleet(chosen, flag);
}

/** On a server, without a model that is simulated, nothing of a fleet has an effect. */
function refuseWithoutFleet(chosen: Layer, flag: FlagOf): void {
  const latency = chosen.get('server.latency');
  const simulates = latency === undefined || latency.value === 'auto' || latency.value === 'physics';
  const models = chosen.get('server.model')?.value;
  const named = Array.isArray(models) && models.length > 0;
  for (const key of Object.keys({ ...fleetFields, ...liveFleetFields })) {
    const given = flag(`server.${key}`);
    if (given && !simulates) {
      const problem = `has no effect with the latency of ${latency.origin.where}`;
      refuse(given, problem, 'Use --latency physics.');
    }
    if (given && !named)
      refuse(given, 'has no effect without a model to simulate', 'Name it, such as --model llama-3.3-70b.');
  }
}

/**
 * The first flag of a fleet that was given, as people wrote it: only who knows the models can say whether it has an effect.
 *
 * @param origins - of a server's settings, by path
 */
export function fleetFlagOf(origins: Readonly<Record<string, Origin>>): string | undefined {
  const given = Object.keys({ ...fleetFields, ...liveFleetFields }).map((key) => origins[`server.${key}`]);
  return given.find((origin) => origin?.layer === 'flag')?.where;
}
