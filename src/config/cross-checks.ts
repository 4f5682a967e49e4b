/** Rules between settings: what cannot be combined, and what would have no effect. */
import { endpointOf, type EndpointKind } from '../lib/endpoint-kinds.js';
import { FakeaiError } from '../lib/errors.js';
import { embedsServer, flagNameOf } from './describe-settings.js';
import { refuseIdleFleetFlags } from './fleet-checks.js';
import { LAYERS, type Given, type Layer } from './layers.js';
import { EMBEDDED_SERVER_KEYS, type SectionName } from './schema.js';

const EXCLUSIVE = [
  ['rate', 'concurrency'],
  ['stages', 'rate'],
  ['stages', 'concurrency'],
  ['stages', 'duration'],
  ['stages', 'burst'],
  ['burst', 'concurrency'],
  ['lengths', 'inputTokens'],
  ['lengths', 'outputTokens'],
  ['dataset', 'lengths'],
  ['dataset', 'inputTokens'],
  ['dataset', 'systemTokens'],
  ['dataset', 'prefixPool'],
  ['dataset', 'promptPool'],
  ['dataset', 'turns'],
  ['dataset', 'images'],
  ['dataset', 'audio'],
  ['url', 'target'],
  ['onPort', 'url'],
  ['onPort', 'target'],
  ['apiKey', 'apiKeyEnv'],
  ['search', 'replicas'],
  ['users', 'concurrency'],
  ['users', 'stages'],
  ['users', 'burst'],
  ['users', 'sweep'],
  ['sweep', 'rate'],
  ['sweep', 'concurrency'],
  ['sweep', 'stages'],
  ['sweep', 'burst'],
  ['sweep', 'search'],
] as const;

const rankOf = (given: Given): number => LAYERS.indexOf(given.origin.layer);
const isGiven = (given: Given | undefined): given is Given =>
  given !== undefined && !(Array.isArray(given.value) && given.value.length === 0);

const refuse = (given: Given, problem: string, hint: string): never => {
  throw new FakeaiError('FAKEAI_SETTING_INVALID', { where: given.origin.where, problem, hint });
};

/** The load that a search varies; undefined when it varies the fleet, or cannot be read. */
const searchedLoad = ({ value }: Given): 'rate' | 'concurrency' | undefined =>
  /^\s*max\s+(rate|concurrency)\b/i.exec(String(value))?.[1]?.toLowerCase() as
    'rate' | 'concurrency' | undefined;

/** Of two settings that exclude each other the one of the stronger layer stays; in the same layer that is an error. */
function settleExclusive(chosen: Layer, section: SectionName): void {
  for (const [left, right] of EXCLUSIVE) {
    const [a, b] = [chosen.get(`${section}.${left}`), chosen.get(`${section}.${right}`)];
    if (!isGiven(a) || !isGiven(b)) continue;
    if (right === 'replicas' && searchedLoad(a)) continue;
    if (rankOf(a) === rankOf(b))
      refuse(a, `cannot be combined with ${b.origin.where}`, 'Give one of the two.');
    chosen.delete(`${section}.${rankOf(a) < rankOf(b) ? right : left}`);
  }
}

/** Whether the command measures the simulator that it starts itself. */
export const usesEmbedded = (chosen: Layer, section: SectionName): boolean =>
  externalTarget(chosen, section) === undefined;

function externalTarget(chosen: Layer, section: SectionName): Given | undefined {
  return ['url', 'target', 'onPort'].map((key) => chosen.get(`${section}.${key}`)).find(isGiven);
}

type FlagOf = (path: string) => Given | undefined;

/** Whether requests come at a rate: only then do their gaps have a shape. */
function hasRate(chosen: Layer, section: 'bench' | 'simulate'): boolean {
  const says = (key: string, word: RegExp): boolean => {
    const value = chosen.get(`${section}.${key}`)?.value;
    return typeof value === 'string' && word.test(value);
  };
  return (
    chosen.has(`${section}.rate`) ||
    chosen.has(`${section}.stages`) ||
    says('sweep', /^\s*(rate|auto)\b/i) ||
    says('search', /^\s*max\s+rate\b/i)
  );
}

function refuseIdleArrivals(chosen: Layer, section: 'bench' | 'simulate', flag: FlagOf): void {
  const arrivals = flag(`${section}.arrivals`);
  if (arrivals && !hasRate(chosen, section)) {
    refuse(
      arrivals,
      'has no effect without --rate or --stages',
      'Add one of them, or leave it out: a closed loop has no arrivals.',
    );
  }
  const stages = chosen.get(`${section}.stages`);
  if (arrivals && typeof stages?.value === 'string' && /c\s*$/i.test(stages.value)) {
    refuse(
      arrivals,
      'has no effect with --stages of requests in flight',
      'Leave it out: a closed loop has no arrivals.',
    );
  }
  const burstiness = flag(`${section}.burstiness`);
  if (burstiness && chosen.get(`${section}.arrivals`)?.value !== 'gamma')
    refuse(burstiness, 'has no effect without --arrivals gamma', 'Add it, or leave this out.');
  const burst = flag(`${section}.burst`);
  const stop = flag(`${section}.requests`) ?? flag(`${section}.duration`) ?? flag(`${section}.warmup`);
  if (burst && stop && !chosen.has(`${section}.rate`))
    refuse(stop, 'has no effect with a single --burst', 'Add --rate for repeated bursts.');
}

/** A search varies its subject alone: the setting of the same name is where it begins, and nothing else says the load. */
function refuseBesideSearch(chosen: Layer, section: 'bench' | 'simulate'): void {
  const search = chosen.get(`${section}.search`);
  const subject = search && (searchedLoad(search) ?? (section === 'bench' ? 'rate' : undefined));
  if (!search || !subject) return;
  const shard = chosen.get(`${section}.shard`);
  if (shard) refuseAdaptive(shard, search.origin.where);
  for (const key of ['rate', 'concurrency', 'users', 'stages', 'burst'] as const) {
    const given = chosen.get(`${section}.${key}`);
    if (given && key !== subject)
      refuse(
        given,
        `cannot be combined with ${search.origin.where}`,
        `Of the load, give --${subject} alone.`,
      );
  }
}

const isAutomatic = (sweep: Given | undefined): sweep is Given => /^\s*auto\s*$/i.test(String(sweep?.value));

/** Parts of a load know nothing of each other, so what decides the next load must be known to each. */
const refuseAdaptive = (shard: Given, series: string): never =>
  refuse(
    shard,
    `cannot be combined with ${series}, which chooses each load by the answers to the ones before: a part does not have those of the others`,
    'Split a sweep of given loads, such as --sweep rate=10,20,40, or search from one machine.',
  );

/** What the workload is made of, in real time or virtual. */
function refuseIdleWorkload(chosen: Layer, section: 'bench' | 'simulate', flag: FlagOf): void {
  const needs = (key: string, needed: string): void => {
    const given = flag(`${section}.${key}`);
    if (given && !chosen.has(`${section}.${needed}`))
      refuse(given, `has no effect without --${flagNameOf(needed)}`, 'Add it, or leave this out.');
  };
  needs('prefixHitRatio', 'prefixPool');
  for (const key of ['datasetFormat', 'datasetTurns', 'datasetOrder', 'datasetLimit']) needs(key, 'dataset');
  needs('turnDelay', 'turns');
  needs('cancelAfter', 'cancelShare');
  needs('thinkTime', 'users');
  const thinkTime = flag(`${section}.thinkTime`);
  if (thinkTime && chosen.has(`${section}.rate`))
    refuse(thinkTime, 'has no effect with --rate', 'The rate says when users ask: leave one of them out.');
  const arrivals = flag(`${section}.arrivals`);
  if (arrivals && chosen.has(`${section}.users`))
    refuse(arrivals, 'has no effect with --users', 'Each user has a schedule of equal gaps: leave it out.');
  const points = flag(`${section}.sweepPoints`);
  if (points && !isAutomatic(chosen.get(`${section}.sweep`)))
    refuse(points, 'has no effect without --sweep auto', 'Add it, or leave this out.');
  const cacheBust = flag(`${section}.cacheBust`);
  if (cacheBust && chosen.has(`${section}.dataset`))
    refuse(cacheBust, 'has no effect with --dataset', 'A dataset is sent as it is.');
}

/** What a simulated fleet makes of who sends; a server's requests say it themselves. */
function refuseIdleSenders(chosen: Layer, flag: FlagOf): void {
  const priorities = flag('simulate.priorities');
  if (priorities && chosen.get('simulate.schedulingPolicy')?.value !== 'priority')
    refuse(priorities, 'has no effect without --scheduling-policy priority', 'Add it, or leave this out.');
  const affinity = flag('simulate.sessionAffinity');
  if (affinity && !chosen.has('simulate.turns') && !chosen.has('simulate.dataset'))
    refuse(affinity, 'has no effect without sessions', 'Add --turns, or leave it out.');
}

function refuseIdleBenchFlags(chosen: Layer, flag: FlagOf): void {
  for (const [key, needed, endpoints] of [
    ['imageSize', 'images', ['images']],
    ['audioSeconds', 'audio', ['transcription', 'translation']],
  ] as const) {
    const given = flag(`bench.${key}`);
    const endpoint = chosen.get('bench.endpoint')?.value;
    if (given && !chosen.has(`bench.${needed}`) && !(endpoints as readonly unknown[]).includes(endpoint)) {
      refuse(
        given,
        `has no effect without --${flagNameOf(needed)}`,
        `Add it, or --endpoint ${endpoints.join(' or ')}, or leave this out.`,
      );
    }
  }
  const endpoint = (chosen.get('bench.endpoint')?.value ?? 'chat') as EndpointKind;
  for (const key of ['tenants', 'priorities']) {
    const given = flag(`bench.${key}`);
    if (given && !['chat', 'completions', 'responses'].includes(endpoint))
      refuse(
        given,
        `has no place in requests to --endpoint ${endpoint}`,
        'Use chat, completions or responses.',
      );
  }
}

function refuseIdleEndpointFlags(chosen: Layer, section: 'bench' | 'replay', flag: FlagOf): void {
  const endpoint = (chosen.get(`${section}.endpoint`)?.value ?? 'chat') as EndpointKind;
  for (const [key, needed] of [
    ['rerankShape', 'rerank'],
    ['speechEvents', 'speech'],
    ['rawBody', 'raw'],
    ['rawText', 'raw'],
    ['rawUsage', 'raw'],
  ] as const) {
    const given = flag(`${section}.${key}`);
    if (given && endpoint !== needed)
      refuse(given, `has no effect without --endpoint ${needed}`, 'Add it, or leave this out.');
  }
  const { streams, many } = endpointOf(endpoint);
  const items = flag(`${section}.items`);
  if (items && many === undefined)
    refuse(items, `has no effect with --endpoint ${endpoint}`, 'Its requests are about one thing.');
  const streaming = flag(`${section}.streaming`);
  if (streaming?.value === true && !streams)
    refuse(streaming, `has no effect with --endpoint ${endpoint}`, 'Its answers are no streams.');
}

/** Only flags are checked for effect: a file or an environment is shared by commands that use different parts of it. */
function refuseIdleFlags(chosen: Layer, section: SectionName): void {
  const flag = (path: string): Given | undefined => {
    const given = chosen.get(path);
    return given?.origin.layer === 'flag' ? given : undefined;
  };
  if (section === 'bench' || section === 'simulate') {
    refuseIdleWorkload(chosen, section, flag);
    refuseIdleArrivals(chosen, section, flag);
    refuseBesideSearch(chosen, section);
    const precision = flag(`${section}.searchPrecision`);
    const search = chosen.get(`${section}.search`);
    if (precision && !(search && searchedLoad(search)))
      refuse(precision, 'has no effect without a --search of the load', 'Add it, or leave this out.');
  }
  if (section === 'bench' || section === 'replay') refuseIdleEndpointFlags(chosen, section, flag);
  if (section === 'simulate') refuseIdleSenders(chosen, flag);
  if (section === 'bench') {
    refuseIdleBenchFlags(chosen, flag);
    const [sweep, shard] = [chosen.get('bench.sweep'), chosen.get('bench.shard')];
    if (shard && isAutomatic(sweep)) refuseAdaptive(shard, `${sweep.origin.where} auto`);
  }
  if (section === 'server' || section === 'simulate') refuseIdleFleetFlags(chosen, section, flag);
  const backoff = flag(`${section}.retryBackoff`);
  if (backoff && !(Number(chosen.get(`${section}.retries`)?.value) > 0))
    refuse(backoff, 'has no effect without --retries', 'Add it, or leave this out.');
  for (const key of ['serverMetricsInterval', 'serverMetricsSelect']) {
    const given = flag(`${section}.${key}`);
    if (given && !isGiven(chosen.get(`${section}.serverMetrics`)))
      refuse(given, 'has no effect without --server-metrics', 'Add it, or leave this out.');
  }
  const readyTimeout = flag(`${section}.readyTimeout`);
  if (readyTimeout && !isGiven(chosen.get(`${section}.onPort`)))
    refuse(readyTimeout, 'has no effect without --on-port', 'Add it, or leave this out.');
  const external = embedsServer(section) ? externalTarget(chosen, section) : undefined;
  const proxy = flag(`${section}.proxy`);
  if (proxy && !external && !/^none$/i.test(String(proxy.value)))
    refuse(proxy, 'has no effect without --url or --target', 'The embedded simulator is asked directly.');
  const latency = chosen.get('server.latency');
  for (const key of EMBEDDED_SERVER_KEYS) {
    const given = flag(`server.${key}`);
    if (!given) continue;
    if (external) {
      refuse(
        given,
        `has no effect together with ${external.origin.where}`,
        'It shapes the embedded simulator only.',
      );
    }
    if (key !== 'latency' && (latency?.value === 'instant' || latency?.value === 'physics')) {
      refuse(
        given,
        `has no effect with latency ${latency.value} (${latency.origin.where})`,
        'Use --latency fixed.',
      );
    }
  }
}

/**
 * Applies the rules between settings; removes from `chosen` what a stronger layer supersedes.
 *
 * @param chosen - what was given, by path, after precedence; without defaults
 * @throws FakeaiError `FAKEAI_SETTING_INVALID`
 */
export function crossCheck(chosen: Layer, section: SectionName): void {
  settleExclusive(chosen, section);
  refuseIdleFlags(chosen, section);
}
