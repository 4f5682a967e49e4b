/**
 * The settings as oclif flags. Values stay as typed; `resolveSettings` parses them together with those of the
 * environment and the file, so that there is one place that knows what is valid.
 */
import { boolean, string } from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { FakeaiError } from '../lib/errors.js';
import { flagNameOf, flagSettingsOf, type SettingDescription } from './describe-settings.js';
import { nearestOf } from './nearest.js';
import type { SectionName } from './schema.js';

/** Flag definitions by flag name, without the leading dashes. */
export type FlagDefinitions = Interfaces.FlagInput;

/** The flag that names a configuration file; every command that has settings takes it. */
const configFlag = () =>
  string({
    summary: 'Configuration file; without it fakeai.config.yaml, .yml or .json of the current folder',
    helpGroup: 'configuration',
    helpValue: '<path>',
  });

function flagOf(setting: SettingDescription) {
  const { kind, summary, group, defaultText, valueName } = setting;
  const common = {
    summary: defaultText === undefined ? summary : `${summary} [default: ${defaultText}]`,
    helpGroup: group,
    // The schema's letters are single ones; oclif's type spells out the alphabet.
    ...(setting.char === undefined ? {} : { char: setting.char as 'a' }),
  };
  if (kind.type === 'boolean' && !kind.words) return boolean({ ...common, allowNo: true });
  const helpValue = kind.type === 'choice' ? kind.choices.join('|') : (valueName ?? '<value>');
  return setting.list
    ? string({ ...common, helpValue, multiple: true, multipleNonGreedy: true })
    : string({ ...common, helpValue });
}

/**
 * The flags of a command: one per setting of its section, those of the embedded simulator for `bench` and `replay`, and
 * `--config`.
 */
export function flagsFor(section: SectionName): FlagDefinitions {
  const own = flagSettingsOf(section).map((setting) => [flagNameOf(setting.key), flagOf(setting)] as const);
  return { ...Object.fromEntries(own), config: configFlag() };
}

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
