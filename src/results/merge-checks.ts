/** Which run files can be merged at all. */
import { FakeaiError } from '../lib/errors.js';
import { planDifferences } from './compare/plan-differences.js';
import type { RunFile } from './run-file.js';

/** A shard and what to call it in messages. */
export interface Shard {
  path: string;
  run: RunFile;
}

/** @throws FakeaiError FAKEAI_SHARDS_UNFIT */
export function refuseTooFewOrTwice(shards: readonly Shard[]): void {
  if (shards.length < 2) {
    throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
      problem: 'there are fewer than two',
      hint: 'Give all shards of a run.',
    });
  }
  const seen = new Map<string, string>();
  for (const { path, run } of shards) {
    const text = JSON.stringify(run);
    const twin = seen.get(text);
    if (twin !== undefined) {
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${path} is the same run as ${twin}`,
        hint: 'Give each shard once: its requests would count twice.',
      });
    }
    seen.set(text, path);
  }
}

/** @throws FakeaiError FAKEAI_PLANS_DIFFER, FAKEAI_SHARDS_UNFIT */
export function refuseDifferent([first, ...others]: readonly Shard[]): void {
  if (!first) return;
  for (const { path, run } of others) {
    const keys = planDifferences(first.run, run).filter((key) => key !== 'targets');
    if (keys.length > 0) {
      const hint = 'Only runs of one plan have figures in common; compare others with: fakeai report compare';
      throw new FakeaiError('FAKEAI_PLANS_DIFFER', { base: first.path, other: path, keys, hint });
    }
    if (targetsOf(first.run) !== targetsOf(run)) {
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${first.path} and ${path} have different targets`,
        hint: 'Give shards that measured the same targets under the same names.',
      });
    }
  }
}

/** What a search measures depends on its answers, so its parts have no loads in common. Those of a sweep do. */
export function refuseSeriesUnfit(shards: readonly Shard[], series: readonly Shard[]): void {
  const adaptive = series.find(({ run }) => run.search ?? run.sweep?.expression === 'auto');
  const single = shards.find(({ run }) => !run.points);
  const expressionOf = ({ run }: Shard): string => run.sweep?.expression ?? '';
  const other = series.find((shard) => expressionOf(shard) !== expressionOf(series[0]!));
  if (!adaptive && !single && !other) return;
  throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
    problem: adaptive
      ? `${adaptive.path} chose its loads by its own answers (${adaptive.run.search ? 'a search' : 'an automatic sweep'})`
      : single
        ? `${series[0]!.path} is a sweep, and ${single.path} is a run of one load`
        : `${series[0]!.path} is of --sweep ${expressionOf(series[0]!)}, and ${other!.path} of --sweep ${expressionOf(other!)}`,
    hint: 'Merge runs of one load, or parts of one --sweep whose loads were given.',
  });
}

/** Runs that say which part they are: each part of one whole, and each once. */
export function refuseMixedParts(shards: readonly Shard[]): void {
  const first = shards[0]!;
  const seen = new Map<number, string>();
  for (const { path, run } of shards) {
    if (run.shard?.of !== first.run.shard?.of) {
      const part = ({ shard }: RunFile): string => (shard ? `part ${shard.k} of ${shard.of}` : 'no part');
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${first.path} is ${part(first.run)}, and ${path} is ${part(run)}`,
        hint: 'Give the run files of one plan, all run with the same N of --shard K/N.',
      });
    }
    if (!run.shard) continue;
    const twin = seen.get(run.shard.k);
    if (twin !== undefined) {
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${twin} and ${path} are both part ${run.shard.k} of ${run.shard.of}`,
        hint: 'Give each part once: its requests would count twice.',
      });
    }
    seen.set(run.shard.k, path);
  }
}

const targetsOf = ({ targets }: RunFile): string =>
  JSON.stringify(targets.map(({ name, url }) => `${name}=${url}`).toSorted());
