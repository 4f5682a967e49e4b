/**
 * Settings from `FAKEAI_*` variables. A flat name (`FAKEAI_SEED`) applies to every section that has the key, a nested one
 * (`FAKEAI_BENCH__SEED`) to its section, over the flat one. An empty variable counts as unset, as is usual in CI systems.
 */
import { FakeaiError } from '../lib/errors.js';
import { SETTINGS, settingsOf, type SettingDescription } from './describe-settings.js';
import { parseValue, type Layer, type Origin } from './layers.js';
import { nearestOf } from './nearest.js';
import type { SectionName } from './schema.js';

/** The variable that names the configuration file; not a setting itself. */
export const CONFIG_VARIABLE = 'FAKEAI_CONFIG';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; undefined when it is unset or empty. */
export const readVariable = (env: Environment, name: string): string | undefined => env[name] || undefined;

function listOf(text: string, where: string): unknown {
  if (!text.trimStart().startsWith('['))
    return text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where,
      problem: 'begins with [ and is not a JSON array',
      hint: 'Write a,b or ["a","b"].',
    });
  }
}

const isListElsewhere = (key: string): boolean => SETTINGS.some((other) => other.key === key && other.list);

/** The raw value that a variable gives to a setting. */
function rawOf(setting: SettingDescription, text: string, origin: Origin): unknown {
  if (setting.list) return listOf(text, origin.where);
  // FAKEAI_MODEL serves the list of `server` and the single model of `bench` alike: the first one is the default there.
  if (origin.where === setting.env && isListElsewhere(setting.key)) {
    const items = listOf(text, origin.where);
    return Array.isArray(items) ? (items[0] as unknown) : items;
  }
  return text;
}

/** What the environment says about the given sections. */
export function environmentLayer(env: Environment, sections: readonly SectionName[]): Layer {
  const layer: Layer = new Map();
  for (const setting of sections.flatMap(settingsOf)) {
    const name = [setting.nestedEnv, setting.env, ...setting.aliases].find(
      (candidate) => readVariable(env, candidate) !== undefined,
    );
    if (name === undefined) continue;
    const origin: Origin = { layer: 'environment', where: name };
    layer.set(setting.path, parseValue(setting, rawOf(setting, env[name]!, origin), origin));
  }
  return layer;
}

/**
 * Refuses `FAKEAI_*` variables that are no setting.
 *
 * @param except - a variable of the user's own that a setting names (`--api-key-env`)
 * @throws FakeaiError `FAKEAI_SETTING_UNKNOWN`
 */
export function refuseUnknownVariables(env: Environment, except?: string): void {
  const known = new Set([
    CONFIG_VARIABLE,
    ...SETTINGS.flatMap(({ env: flat, nestedEnv, aliases }) => [flat, nestedEnv, ...aliases]),
  ]);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('FAKEAI_') || known.has(name) || name === except) continue;
    throw new FakeaiError('FAKEAI_SETTING_UNKNOWN', { where: name, nearest: nearestOf(name, [...known]) });
  }
}
