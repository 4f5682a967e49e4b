/** GPUs and shapes of models that files describe. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import type { Architecture } from '../../simulator/architectures/architecture.js';
import { describeArchitecture } from '../../simulator/architectures/custom.js';
import { contextTokensOf } from '../../simulator/architectures/hugging-face.js';
import { DescriptionError } from '../../simulator/description.js';
import { describeGpu } from '../../simulator/hardware/custom.js';
import type { Gpu } from '../../simulator/hardware/gpu.js';
import { readDataFile } from '../data-files.js';

/** Whether a setting that is usually a name is a path: it ends as such files do, or begins as paths do. */
export const isPath = (given: string): boolean =>
  /\.(json|ya?ml)$/i.test(given) || /^(\.{0,2}[\\/]|[a-z]:\\)/i.test(given);

/** Reads a file of its own for a setting, and says so where it is wrong. */
async function read<T>(
  setting: string,
  path: string,
  describe: (path: string) => Promise<T>,
  hint: string,
): Promise<T> {
  try {
    return await describe(path);
  } catch (error) {
    const own = error instanceof DescriptionError;
    const problem = own ? error.message : `cannot be read: ${messageOf(error)}`;
    const given = { where: `${setting} ${path}`, problem, hint: (own && error.hint) || hint };
    throw new FakeaiError('FAKEAI_SETTING_INVALID', given, { cause: error });
  }
}

/**
 * The GPU that a file describes.
 *
 * @param given - a name, or a path of JSON or YAML; see {@link isPath}
 * @returns undefined for a name
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export const readGpu = async (given: string): Promise<Gpu | undefined> =>
  isPath(given)
    ? read(
        'gpu',
        given,
        async (path) => describeGpu(await readDataFile(path)),
        'docs/simulator/fleet.md and schemas/gpu.schema.json describe the file.',
      )
    : undefined;

/** The file, or the config.json of a folder such as checkpoints are kept in. */
const configOf = async (path: string): Promise<string> =>
  (await stat(path)).isDirectory() ? join(path, 'config.json') : path;

/** Reads what a file says of a shape. */
export const readArchitectureFile = async (path: string): Promise<unknown> =>
  readDataFile(await configOf(path));

/** A config.json is named after its folder. */
function nameOf(path: string): string {
  const file = resolve(path);
  const stem = basename(file, extname(file));
  return stem === 'config' ? basename(dirname(file)) : stem;
}

/**
 * The shape that a file describes, named after it.
 *
 * @param given - a name, or a path of JSON or YAML or of a folder with a config.json; see {@link isPath}
 * @returns undefined for a name
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export const readArchitecture = async (given: string): Promise<Architecture | undefined> =>
  isPath(given)
    ? read(
        'model',
        given,
        async (path) => {
          const described = await readArchitectureFile(path);
          const contextTokens = contextTokensOf(described);
          return {
            ...describeArchitecture(nameOf(await configOf(path)), described),
            ...(contextTokens !== undefined && { contextTokens }),
          };
        },
        'Give a config.json of Hugging Face, or see docs/models.md and schemas/architecture.schema.json.',
      )
    : undefined;
