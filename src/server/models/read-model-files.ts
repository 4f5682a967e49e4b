/** Models that files describe: JSON or YAML, or a module that makes them. */
import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { ModelDescriptionError, readModels } from '../../simulator/models/custom.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import { ModelRegistry } from '../../simulator/models/registry.js';
import { isPath, readArchitectureFile } from '../cluster/read-hardware.js';

const MODULES = ['.js', '.mjs', '.cjs', '.ts', '.mts'];

/**
 * Reads files of models; a later one may build on those of an earlier one.
 *
 * A module's default export is the list, or a function that returns it (or a promise of it) and is given the models
 * known so far. An `architecture` that is a path, relative to the file, is read.
 *
 * @param paths - JSON, YAML or modules; relative ones are of the current folder
 * @throws FakeaiError FAKEAI_MODELS_INVALID
 */
export async function readModelFiles(paths: readonly string[]): Promise<ModelInfo[]> {
  const registry = new ModelRegistry();
  const all: ModelInfo[] = [];
  for (const path of paths) {
    try {
      const content = await withArchitectures(await load(path, registry), dirname(resolve(path)));
      for (const model of readModels(content, registry)) {
        registry.register(model);
        all.push(model);
      }
    } catch (error) {
      const problem =
        error instanceof ModelDescriptionError ? error.message : `cannot read it: ${messageOf(error)}`;
      throw new FakeaiError('FAKEAI_MODELS_INVALID', { path, problem }, { cause: error });
    }
  }
  return all;
}

async function load(path: string, registry: ModelRegistry): Promise<unknown> {
  const file = resolve(path);
  const type = extname(file).toLowerCase();
  if (MODULES.includes(type)) {
    const { default: made } = (await import(pathToFileURL(file).href)) as { default?: unknown };
    return typeof made === 'function' ? await (made as (models: unknown) => unknown)(registry.models) : made;
  }
  const text = await readFile(file, 'utf8');
  if (type === '.json') return JSON.parse(text) as unknown;
  const { parse } = await import('yaml');
  return parse(text) as unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The descriptions with what the files hold that they name as architectures. */
async function withArchitectures(content: unknown, folder: string): Promise<unknown> {
  if (Array.isArray(content)) return Promise.all(content.map((row) => withArchitecture(row, folder)));
  if (!isObject(content) || !Array.isArray(content['models'])) return content;
  const models = await Promise.all(content['models'].map((row) => withArchitecture(row, folder)));
  return { ...content, models };
}

async function withArchitecture(row: unknown, folder: string): Promise<unknown> {
  if (!isObject(row)) return row;
  const { architecture } = row;
  if (typeof architecture !== 'string' || !isPath(architecture)) return row;
  return { ...row, architecture: await readArchitectureFile(resolve(folder, architecture)) };
}
