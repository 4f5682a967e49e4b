/**
 * The settings as oclif flags. Values stay as typed; `resolveSettings` parses them together with those of the
 * environment and the file, so that there is one place that knows what is valid.
 */
import { boolean, string } from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { flagNameOf, flagSettingsOf, type SettingDescription } from './describe-settings.js';
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
