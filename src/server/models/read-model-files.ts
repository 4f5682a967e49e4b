/** Models that files describe: JSON or YAML, or a module that makes them. */
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { ModelDescriptionError, readModels } from '../../simulator/models/custom.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import { ModelRegistry } from '../../simulator/models/registry.js';

const MODULES = ['.js', '.mjs', '.cjs', '.ts', '.mts'];

/**
 * Reads files of models; a later one may build on those of an earlier one.
 *
 * A module's default export is the list, or a function that returns it (or a promise of it) and is given the models
 * known so far.
 *
 * @param paths - JSON, YAML or modules; relative ones are of the current folder
 * @throws FakeaiError FAKEAI_MODELS_INVALID
 */
export async function readModelFiles(paths: readonly string[]): Promise<ModelInfo[]> {
  const registry = new ModelRegistry();
  const all: ModelInfo[] = [];
  for (const path of paths) {
    try {
      for (const model of readModels(await load(path, registry), registry)) {
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
