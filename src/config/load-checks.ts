/** Rules between the settings that say how much load there is, and what it is made of: in real time or virtual. */
import { flagNameOf } from './describe-settings.js';
import type { Given, Layer } from './layers.js';
import { refuse, type FlagOf } from './refuse.js';

type LoadSection = 'bench' | 'simulate';

/**
 * Refuses flags of a load without effect, and what cannot be beside a search or in a part of a load.
 *
 * @param chosen - what was given, by path, without defaults
 * @param flag - the same, of flags only
 * @throws FakeaiError `FAKEAI_SETTING_INVALID`
 */
export function checkLoad(chosen: Layer, section: LoadSection, flag: FlagOf): void {
  refuseIdleWorkload(chosen, section, flag);
  refuseIdleArrivals(chosen, section, flag);
  refuseBesideSearch(chosen, section);
  const precision = flag(`${section}.searchPrecision`);
  const search = chosen.get(`${section}.search`);
  if (precision && !(search && searchedLoad(search)))
    refuse(precision, 'has no effect without a --search of the load', 'Add it, or leave this out.');
  const [sweep, shard] = [chosen.get(`${section}.sweep`), chosen.get(`${section}.shard`)];
  if (shard && isAutomatic(sweep)) refuseAdaptive(shard, `${sweep.origin.where} auto`);
}

/** The load that a search varies; undefined when it varies the fleet, or cannot be read. */
export const searchedLoad = ({ value }: Given): 'rate' | 'concurrency' | undefined =>
  /^\s*max\s+(rate|concurrency)\b/i.exec(String(value))?.[1]?.toLowerCase() as
    'rate' | 'concurrency' | undefined;

/** Whether requests come at a rate: only then do their gaps have a shape. */
function hasRate(chosen: Layer, section: LoadSection): boolean {
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

function refuseIdleArrivals(chosen: Layer, section: LoadSection, flag: FlagOf): void {
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
function refuseBesideSearch(chosen: Layer, section: LoadSection): void {
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
function refuseIdleWorkload(chosen: Layer, section: LoadSection, flag: FlagOf): void {
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
