/** What is said of a flag that a command does not have. Apart from the flags themselves: whoever needs this needs no oclif. */
import { FakeaiError } from '../lib/errors.js';
import { flagSettingsOf } from './describe-settings.js';
import { nearestOf } from './nearest.js';
import type { SectionName } from './schema.js';

/**
 * The error for a flag that the command does not have.
 *
 * @param typed - as typed, with or without leading dashes: `--concurency`, `-x`
 */
export function unknownFlagError(typed: string, section: SectionName): FakeaiError {
  const where = typed.startsWith('-') ? typed : `--${typed}`;
  const elsewhere = section === 'simulate' ? notInVirtualTime(where) : undefined;
  if (elsewhere) return elsewhere;
  const known = flagSettingsOf(section).flatMap(({ flag, kind }) =>
    kind.type === 'boolean' && !kind.words ? [flag, flag.replace('--', '--no-')] : [flag],
  );
  const name = where.split('=')[0]!;
  const nearest = name.startsWith('--') ? nearestOf(name, [...known, '--config', '--help']) : undefined;
  return new FakeaiError('FAKEAI_SETTING_UNKNOWN', { where, nearest });
}

/** Why `simulate` has no such setting, by flag; all others of its kin are about sending. */
const NOT_IN_VIRTUAL_TIME: readonly (readonly [flags: RegExp, why: string])[] = [
  [
    /^--(images|image-size|audio|audio-seconds)$/,
    'Prompts are text here: add the tokens of media to --input-tokens.',
  ],
  [/^--cache-isolation$/, 'Requests here have no keys and no users: give --tenants.'],
  [/^--warm-prompt$/, 'Prompts have no text here: give --system-tokens, and a --warmup that computes them.'],
  [/^--probe$/, 'Simulate the probe by itself, or beside the load as short requests of a trace.'],
  [/^--shard$|^--start-at$/, 'A simulation of hours takes seconds: it is not split.'],
];

/** The error for a setting of `bench`, `replay` or `server` that makes no sense where nothing is sent. */
function notInVirtualTime(where: string): FakeaiError | undefined {
  const flag = where.split('=')[0]!.replace(/^--no-/, '--');
  const others = (['bench', 'replay', 'server'] as const).filter((section) =>
    flagSettingsOf(section).some((setting) => setting.flag === flag),
  );
  if (others.length === 0) return undefined;
  const why = NOT_IN_VIRTUAL_TIME.find(([flags]) => flags.test(flag))?.[1];
  return new FakeaiError('FAKEAI_SETTING_INVALID', {
    where,
    problem: `is a setting of ${others.join(' and ')}, and simulate has no such thing`,
    hint: why ?? 'In virtual time nothing is sent to anyone, so it would have no effect: leave it out.',
  });
}
