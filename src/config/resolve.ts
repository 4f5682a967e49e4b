/** From flags, environment and file to the settings of one command: flag > environment > file > default. */
import { FakeaiError } from '../lib/errors.js';
import { crossCheck, usesEmbedded } from './cross-checks.js';
import { embedsServer, flagNameOf, flagSettingsOf, settingsOf } from './describe-settings.js';
import {
  CONFIG_VARIABLE,
  environmentLayer,
  readVariable,
  refuseUnknownVariables,
  type Environment,
} from './environment.js';
import { fileLayer, objectLayer } from './file.js';
import { parseValue, type Layer, type Origin } from './layers.js';
import type {
  BenchSettings,
  CompareSettings,
  CalibrateSettings,
  MergeSettings,
  ModelsSettings,
  ReplaySettings,
  ReportSettings,
  SectionName,
  StatusSettings,
  MetricsSettings,
  CacheStatsSettings,
  ServerSettings,
  SimulateSettings,
} from './schema.js';
import { unknownFlagError } from './unknown-flag.js';

interface SettingsBySection {
  server: ServerSettings;
  bench: BenchSettings;
  replay: ReplaySettings;
  simulate: SimulateSettings;
  report: ReportSettings;
  compare: CompareSettings;
  merge: MergeSettings;
  calibrate: CalibrateSettings;
  models: ModelsSettings;
  status: StatusSettings;
  metrics: MetricsSettings;
  cacheStats: CacheStatsSettings;
}

/** Where the values of a command are looked for. */
export interface ResolveOptions<S extends SectionName> {
  section: S;
  /** Values by flag name (`input-tokens`), as typed or already of the right type; undefined ones are not given. */
  flags?: Readonly<Record<string, unknown>>;
  /** Settings by section, as programs give them; they stand where flags do. */
  options?: Partial<Record<SectionName, object>>;
  env?: Environment;
  /** The folder that is searched for a configuration file; without it none is searched. */
  cwd?: string;
  /** The configuration file; stronger than the flag `config` and `FAKEAI_CONFIG`. */
  configPath?: string;
}

/** The settings of a command, and where each came from. */
export interface Resolved<S extends SectionName> {
  settings: SettingsBySection[S];
  /** For `bench` and `replay` without a target of their own: the settings of the embedded simulator. */
  server?: ServerSettings;
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

/** The key itself, so that nothing else needs to know how it was given. */
function readApiKey(chosen: Layer, section: SectionName, env: Environment): void {
  const named = chosen.get(`${section}.apiKeyEnv`);
  if (!named) return;
  const key = readVariable(env, String(named.value));
  if (key === undefined) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: named.origin.where,
      problem: `the variable ${String(named.value)} is not set`,
      hint: 'Set it to the key of the endpoint.',
    });
  }
  chosen.set(`${section}.apiKey`, { value: key, origin: named.origin });
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
  const { section, flags = {}, options: given = {}, env = {}, cwd } = options;
  const sections: SectionName[] = embedsServer(section) ? [section, 'server'] : [section];
  const path =
    options.configPath ?? (flags['config'] as string | undefined) ?? readVariable(env, CONFIG_VARIABLE);
  const file = await fileLayer(path, cwd);
  // Later entries of a Map win: the weakest layer comes first.
  const chosen: Layer = new Map([
    ...file,
    ...environmentLayer(env, sections),
    ...flagLayer(section, flags),
    ...objectLayer(given, 'options', 'flag'),
  ]);
  refuseUnknownVariables(env, chosen.get(`${section}.apiKeyEnv`)?.value as string | undefined);
  crossCheck(chosen, section);
  readApiKey(chosen, section, env);

  const origins: Record<string, Origin> = {};
  const embedded = embedsServer(section) && usesEmbedded(chosen, section);
  const model = chosen.get(`${section}.model`);
  // The embedded simulator serves what is asked of it, unless it was told otherwise.
  if (embedded && model && !chosen.has('server.model')) {
    chosen.set('server.model', { value: [model.value], origin: model.origin });
  }
  // The loops over the schema give every key its parsed value, which is what these types say.
  const settings = sectionOf(section, chosen, origins) as unknown as SettingsBySection[S];
  if (!embedded) return { settings, origins };
  return { settings, server: sectionOf('server', chosen, origins) as unknown as ServerSettings, origins };
}
