/** Rules between settings: what cannot be combined, and what would have no effect. */
import { embedsServer } from './describe-settings.js';
import { refuseIdleContentFlags, refuseIdleEndpointFlags } from './endpoint-checks.js';
import { refuseIdleFleetFlags } from './fleet-checks.js';
import { LAYERS, type Given, type Layer } from './layers.js';
import { checkLoad, searchedLoad } from './load-checks.js';
import { isGiven, refuse, type FlagOf } from './refuse.js';
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

/** What a simulated fleet makes of who sends; a server's requests say it themselves. */
function refuseIdleSenders(chosen: Layer, flag: FlagOf): void {
  const priorities = flag('simulate.priorities');
  if (priorities && chosen.get('simulate.schedulingPolicy')?.value !== 'priority')
    refuse(priorities, 'has no effect without --scheduling-policy priority', 'Add it, or leave this out.');
  const affinity = flag('simulate.sessionAffinity');
  if (affinity && !chosen.has('simulate.turns') && !chosen.has('simulate.dataset'))
    refuse(affinity, 'has no effect without sessions', 'Add --turns, or leave it out.');
}

/** Only flags are checked for effect: a file or an environment is shared by commands that use different parts of it. */
function refuseIdleFlags(chosen: Layer, section: SectionName): void {
  const flag = (path: string): Given | undefined => {
    const given = chosen.get(path);
    return given?.origin.layer === 'flag' ? given : undefined;
  };
  if (section === 'bench' || section === 'simulate') checkLoad(chosen, section, flag);
  if (section === 'bench' || section === 'replay') refuseIdleEndpointFlags(chosen, section, flag);
  if (section === 'simulate') refuseIdleSenders(chosen, flag);
  if (section === 'bench') refuseIdleContentFlags(chosen, flag);
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
  refuseIdleServerFlags(chosen, external, flag);
}

/** Flags that shape the embedded simulator only. */
function refuseIdleServerFlags(chosen: Layer, external: Given | undefined, flag: FlagOf): void {
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
