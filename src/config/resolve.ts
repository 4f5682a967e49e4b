/** From flags, environment and file to the settings of one command: flag > environment > file > default. */
import { crossCheck } from './cross-checks.js';
import { embedsServer, flagNameOf, flagSettingsOf, settingsOf } from './describe-settings.js';
import {
  CONFIG_VARIABLE,
  environmentLayer,
  readVariable,
  refuseUnknownVariables,
  type Environment,
} from './environment.js';
import { fileLayer, sectionLayer } from './file.js';
import { unknownFlagError } from './flags.js';
import { parseValue, type Layer, type Origin } from './layers.js';
import type { BenchSettings, ReplaySettings, ReportSettings, SectionName, ServerSettings } from './schema.js';

interface SettingsBySection {
  server: ServerSettings;
  bench: BenchSettings;
  replay: ReplaySettings;
  report: ReportSettings;
}

/** Where the values of a command are looked for. */
export interface ResolveOptions<S extends SectionName> {
  section: S;
  /** Values by flag name (`input-tokens`), as typed or already of the right type; undefined ones are not given. */
  flags?: Readonly<Record<string, unknown>>;
  env?: Environment;
  /** The folder that is searched for a configuration file; without it none is searched. */
  cwd?: string;
  /** The configuration file; stronger than the flag `config` and `FAKEAI_CONFIG`. */
  configPath?: string;
}

/** The settings of a command, and where each came from. */
export interface Resolved<S extends SectionName> {
  settings: SettingsBySection[S];
  /** For `bench` and `replay`: the settings of the embedded simulator, which is the target when no other is named. */
  server: S extends 'bench' | 'replay' ? ServerSettings : undefined;
  /** By path: `bench.rate`, `server.ttft`. */
  origins: Readonly<Record<string, Origin>>;
}

function flagLayer(section: SectionName, flags: Readonly<Record<string, unknown>>): Layer {
  const known = new Map(flagSettingsOf(section).map((setting) => [flagNameOf(setting.key), setting]));
  const layer: Layer = new Map();
  for (const [name, raw] of Object.entries(flags)) {
    if (raw === undefined || name === 'config') continue;
    const setting = known.get(name);
    if (!setting) throw unknownFlagError(name, section);
    layer.set(setting.path, parseValue(setting, raw, { layer: 'flag', where: setting.flag }));
  }
  return layer;
}

/** The settings of a section: what was given, and defaults for the rest. */
function sectionOf(
  section: SectionName,
  chosen: Layer,
  origins: Record<string, Origin>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const setting of settingsOf(section)) {
    const given = chosen.get(setting.path);
    if (given || 'default' in setting)
      values[setting.key] = given ? given.value : structuredClone(setting.default);
    origins[setting.path] = given?.origin ?? { layer: 'default', where: 'default' };
  }
  return values;
}

/**
 * The settings of one command from all layers.
 *
 * @throws FakeaiError `FAKEAI_SETTING_UNKNOWN`, `FAKEAI_SETTING_INVALID` or `FAKEAI_CONFIG_UNREADABLE`, each naming where
 */
export async function resolveSettings<S extends SectionName>(
  options: ResolveOptions<S>,
): Promise<Resolved<S>> {
  const { section, flags = {}, env = {}, cwd } = options;
  const sections: SectionName[] = embedsServer(section) ? [section, 'server'] : [section];
  const path =
    options.configPath ?? (flags['config'] as string | undefined) ?? readVariable(env, CONFIG_VARIABLE);
  const file = await fileLayer(path, cwd);
  // Later entries of a Map win: the weakest layer comes first.
  const chosen: Layer = new Map([...file, ...environmentLayer(env, sections), ...flagLayer(section, flags)]);
  refuseUnknownVariables(env, chosen.get(`${section}.apiKeyEnv`)?.value as string | undefined);
  crossCheck(chosen, section);
  const origins: Record<string, Origin> = {};
  // The loop over the schema gives every key its parsed value, which is what these types say.
  return {
    settings: sectionOf(section, chosen, origins),
    server: embedsServer(section) ? sectionOf('server', chosen, origins) : undefined,
    origins,
  } as unknown as Resolved<S>;
}

/**
 * The settings of one section from a plain object, as the programmatic API takes them: the same values, defaults and rules
 * as in a configuration file; neither flags, environment nor file are read.
 *
 * @param values - as in the section of a configuration file
 * @throws FakeaiError `FAKEAI_SETTING_UNKNOWN` or `FAKEAI_SETTING_INVALID`
 */
export function parseSection<S extends SectionName>(section: S, values: object): SettingsBySection[S] {
  const chosen = sectionLayer(section, values, 'option ');
  crossCheck(chosen, section);
  return sectionOf(section, chosen, {}) as unknown as SettingsBySection[S];
}
