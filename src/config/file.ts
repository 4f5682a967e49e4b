/** Settings from `fakeai.config.yaml`, `.yml` or `.json`, or from the file that `--config` names. */
import { access, readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { SECTION_NAMES, SETTINGS, settingsOf } from './describe-settings.js';
import { parseValue, type Layer, type Origin } from './layers.js';
import { nearestOf } from './nearest.js';

/** The names that are looked for in the current folder. */
const CONFIG_FILE_NAMES = ['fakeai.config.yaml', 'fakeai.config.yml', 'fakeai.config.json'] as const;

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

function unknownKey(path: string, key: string, candidates: readonly string[]): FakeaiError {
  return new FakeaiError('FAKEAI_SETTING_UNKNOWN', {
    where: `${path}: ${key}`,
    nearest: nearestOf(key, candidates),
  });
}

function unknownSetting(path: string, section: (typeof SECTION_NAMES)[number], key: string): FakeaiError {
  const elsewhere = SETTINGS.filter((setting) => setting.key === key).map((setting) => setting.path);
  const candidates = elsewhere.length > 0 ? elsewhere : settingsOf(section).map((setting) => setting.path);
  if (elsewhere.length === 0) return unknownKey(path, `${section}.${key}`, candidates);
  return new FakeaiError('FAKEAI_SETTING_UNKNOWN', {
    where: `${path}: ${section}.${key}`,
    nearest: candidates[0],
  });
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
  return objectLayer(content, found, 'file');
}

/**
 * The settings that an object of sections holds.
 *
 * @param content - sections by name, as a configuration file has them
 * @param source - what to call the object in messages
 * @param name - the layer that its values belong to
 * @throws FakeaiError `FAKEAI_SETTING_UNKNOWN` or `FAKEAI_SETTING_INVALID`
 */
export function objectLayer(content: Record<string, unknown>, source: string, name: Origin['layer']): Layer {
  const layer: Layer = new Map();
  for (const [sectionName, values] of Object.entries(content)) {
    if (sectionName === SCHEMA_KEY) continue;
    const section = SECTION_NAMES.find((known) => known === sectionName);
    if (!section) throw unknownKey(source, sectionName, SECTION_NAMES);
    if (values === null) continue; // a section whose every line is commented out
    if (!isRecord(values)) {
      throw new FakeaiError('FAKEAI_SETTING_INVALID', {
        where: `${source}: ${sectionName}`,
        problem: 'expected a map of settings',
      });
    }
    for (const [key, raw] of Object.entries(values)) {
      const setting = settingsOf(section).find((known) => known.key === key);
      if (!setting) throw unknownSetting(source, section, key);
      if (raw === undefined) continue;
      layer.set(setting.path, parseValue(setting, raw, { layer: name, where: `${source}: ${setting.path}` }));
    }
  }
  return layer;
}
