/** One row per setting, and the four situations in which its effect is looked at. */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { flagNameOf, SETTINGS, type SettingDescription } from '../../../src/config/describe-settings.js';
import { resolveSettings } from '../../../src/config/resolve.js';
import type {
  BenchSettings,
  ModelsSettings,
  ReplaySettings,
  SectionName,
  ServerSettings,
  SimulateSettings,
  StatusSettings,
  MetricsSettings,
  CacheStatsSettings,
} from '../../../src/config/schema.js';
import { temporaryFolder } from '../../support/cli.js';

/** What is given; each situation adds a stronger layer to the one before. */
export const SITUATIONS = ['nothing', 'file', 'file and environment', 'file, environment and flag'] as const;
export type Situation = (typeof SITUATIONS)[number];

/** Further settings, by section, written to the configuration file in every situation. */
export type Beside = Partial<Record<SectionName, Record<string, unknown>>>;

/** What an observation may use. */
export interface Context {
  situation: Situation;
  /** What will be compared with what the observation returns: lets it wait for an event rather than for a time. */
  expected: unknown;
  server(beside: Beside): Promise<ServerSettings>;
  bench(beside: Beside): Promise<{ settings: BenchSettings; server?: ServerSettings }>;
  replay(beside: Beside): Promise<{ settings: ReplaySettings; server?: ServerSettings }>;
  simulate(beside: Beside): Promise<SimulateSettings>;
  models(beside: Beside): Promise<ModelsSettings>;
  status(): Promise<StatusSettings>;
  metrics(beside: Beside): Promise<MetricsSettings>;
  cacheStats(): Promise<CacheStatsSettings>;
  /** The same for a child process: arguments and variables. */
  commandLine(beside: Beside): { args: string[]; env: Record<string, string> };
}

/** How one setting takes effect. */
export interface EffectRow {
  /** Section and key. */
  path: string;
  /** Raw values of the file, the environment and the flag; a function where they are known only when the tests run. */
  given: Given | (() => Given | Promise<Given>);
  /** What is seen with nothing given, and with each of the three; {@link AtLeast} for times. */
  seen: readonly [nothing: unknown, file: unknown, environment: unknown, flag: unknown];
  /** Why the default's effect cannot be waited for; `seen[0]` is then the resolved value. */
  defaultUnobserved?: string;
  /** Variables that are there in every situation. */
  variables?: Record<string, string>;
  /** Where it can be observed; everywhere unless given. */
  platform?: NodeJS.Platform;
  observe(context: Context): Promise<unknown>;
}

type Given = readonly [file: unknown, environment: string, flag: unknown];

/** A time that must have passed. Upper bounds would test the machine. */
export class AtLeast {
  constructor(readonly ms: number) {}
}

/** Three small numbers that are not the default. */
export function othersThan(chosen: number): [number, number, number] {
  const [a, b, c] = [2, 3, 4, 5].filter((n) => n !== chosen);
  return [a!, b!, c!];
}

const folder = temporaryFolder();

function settingOf(path: string): SettingDescription {
  const setting = SETTINGS.find((known) => known.path === path);
  if (!setting) throw new Error(`${path} is not a setting`);
  return setting;
}

/** Boolean flags have no value on the command line, lists are repeated. */
function asArguments({ flag, list, kind }: SettingDescription, value: unknown): string[] {
  if (kind.type === 'boolean' && !kind.words) return [value === true ? flag : flag.replace('--', '--no-')];
  return (list ? (value as string[]) : [value]).flatMap((one) => [flag, String(one)]);
}

async function contextOf(row: EffectRow, situation: Situation): Promise<Context> {
  const setting = settingOf(row.path);
  const level = SITUATIONS.indexOf(situation);
  const [inFile, inEnvironment, asFlag] = typeof row.given === 'function' ? await row.given() : row.given;
  const env = { ...row.variables, ...(level >= 2 ? { [setting.env]: inEnvironment } : {}) };

  const configPath = folder.file(`${row.path}-${level}.json`);
  const write = (beside: Beside): string => {
    const own = level >= 1 ? { [setting.key]: inFile } : {};
    const content = { ...beside, [setting.section]: { ...beside[setting.section], ...own } };
    writeFileSync(configPath, JSON.stringify(content));
    return configPath;
  };
  const resolve = <S extends SectionName>(section: S, beside: Beside) =>
    resolveSettings({
      section,
      configPath: write(beside),
      env,
      flags: level >= 3 ? { [flagNameOf(setting.key)]: asFlag } : {},
    });
  return {
    situation,
    expected: row.seen[level],
    server: async (beside) => (await resolve('server', beside)).settings,
    bench: (beside) => resolve('bench', beside),
    replay: (beside) => resolve('replay', beside),
    simulate: async (beside) => (await resolve('simulate', beside)).settings,
    models: async (beside) => (await resolve('models', beside)).settings,
    status: async () => (await resolve('status', {})).settings,
    metrics: async (beside) => (await resolve('metrics', beside)).settings,
    cacheStats: async () => (await resolve('cacheStats', {})).settings,
    commandLine: (beside) => ({
      args: ['--config', write(beside), ...(level >= 3 ? asArguments(setting, asFlag) : [])],
      env,
    }),
  };
}

async function resolvedDefault(path: string): Promise<unknown> {
  const { section, key } = settingOf(path);
  const { settings } = await resolveSettings({ section });
  return (settings as unknown as Record<string, unknown>)[key];
}

/** Checks each row in each situation. */
export function describeEffects(rows: readonly EffectRow[]): void {
  afterAll(folder.remove);
  describe.each(rows)('$path', (row) => {
    const here = row.platform === undefined || row.platform === process.platform;
    it.runIf(here).each(SITUATIONS)('%s', async (situation) => {
      const expected = row.seen[SITUATIONS.indexOf(situation)];
      if (situation === 'nothing' && row.defaultUnobserved !== undefined) {
        expect(await resolvedDefault(row.path)).toEqual(expected);
        return;
      }
      const seen = await row.observe(await contextOf(row, situation));
      if (expected instanceof AtLeast) expect(seen).toBeGreaterThanOrEqual(expected.ms);
      else expect(seen).toEqual(expected);
    });
  });
}
