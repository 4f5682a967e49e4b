/** Settings from `fakeai.config.yaml`, `.yml` or `.json`, or from the file that `--config` names. */
import { access, readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { SECTION_NAMES, SETTINGS, settingsOf } from './describe-settings.js';
import { parseValue, type Layer } from './layers.js';
import { nearestOf } from './nearest.js';
import type { SectionName } from './schema.js';

/** The names that are looked for in the current folder. */
export const CONFIG_FILE_NAMES = ['fakeai.config.yaml', 'fakeai.config.yml', 'fakeai.config.json'] as const;

/** Lets an editor check the file; not a setting. */
const SCHEMA_KEY = '$schema';

async function discover(cwd: string): Promise<string | undefined> {
  const exists = (name: string) =>
    access(resolve(cwd, name)).then(
      () => true,
      () => false,
    );
  const present = await Promise.all(CONFIG_FILE_NAMES.map(exists));
  const [first, second] = CONFIG_FILE_NAMES.filter((_, index) => present[index]);
  if (first !== undefined && second !== undefined) {
    throw new FakeaiError('FAKEAI_CONFIG_UNREADABLE', {
      path: first,
      problem: `${second} exists too; keep one of them`,
    });
  }
  return first;
}

async function read(path: string, cwd: string): Promise<unknown> {
  try {
    const text = await readFile(resolve(cwd, path), 'utf8');
    if (extname(path) === '.json') return JSON.parse(text) as unknown;
    // Loaded here because most runs have no file.
    const { parse } = await import('yaml');
    return parse(text) as unknown;
  } catch (error) {
    throw new FakeaiError('FAKEAI_CONFIG_UNREADABLE', { path, problem: messageOf(error) }, { cause: error });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function unknownSetting(section: SectionName, key: string, prefix: string): FakeaiError {
  const path = `${section}.${key}`;
  const elsewhere = SETTINGS.find((setting) => setting.key === key)?.path;
  const own = settingsOf(section).map((setting) => setting.path);
  return new FakeaiError('FAKEAI_SETTING_UNKNOWN', {
    where: `${prefix}${path}`,
    nearest: elsewhere ?? nearestOf(path, own),
  });
}

/**
 * What a map of settings says; undefined values are not given.
 *
 * @param prefix - what comes before `bench.rate` in messages
 * @throws FakeaiError `FAKEAI_SETTING_UNKNOWN` or `FAKEAI_SETTING_INVALID`
 */
export function sectionLayer(section: SectionName, values: object, prefix: string): Layer {
  const layer: Layer = new Map();
  for (const [key, raw] of Object.entries(values)) {
    if (raw === undefined) continue;
    const setting = settingsOf(section).find((known) => known.key === key);
    if (!setting) throw unknownSetting(section, key, prefix);
    layer.set(setting.path, parseValue(setting, raw, { layer: 'file', where: `${prefix}${setting.path}` }));
  }
  return layer;
}

/**
 * Reads the configuration file and checks all of it, whichever section the command needs.
 *
 * @param path - the file that was asked for; without one, the current folder is searched
 * @param cwd - the current folder; without one, nothing is searched
 * @returns what the file says; empty without a file
 * @throws FakeaiError `FAKEAI_CONFIG_UNREADABLE`, `FAKEAI_SETTING_UNKNOWN` or `FAKEAI_SETTING_INVALID`
 */
export async function fileLayer(path: string | undefined, cwd: string | undefined): Promise<Layer> {
  const found = path ?? (cwd === undefined ? undefined : await discover(cwd));
  if (found === undefined) return new Map();
  const content = (await read(found, cwd ?? '.')) ?? {};
  if (!isRecord(content)) {
    throw new FakeaiError('FAKEAI_CONFIG_UNREADABLE', {
      path: found,
      problem: 'it is not a map of sections',
    });
  }
  const layers = Object.entries(content)
    .filter(([name]) => name !== SCHEMA_KEY)
    .map(([name, values]) => {
      const section = SECTION_NAMES.find((known) => known === name);
      const where = `${found}: ${name}`;
      if (!section) {
        throw new FakeaiError('FAKEAI_SETTING_UNKNOWN', { where, nearest: nearestOf(name, SECTION_NAMES) });
      }
      if (values !== null && !isRecord(values)) {
        throw new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem: 'expected a map of settings' });
      }
      // null: a section whose every line is commented out.
      return sectionLayer(section, values ?? {}, `${found}: `);
    });
  return new Map(layers.flatMap((layer) => [...layer]));
}
