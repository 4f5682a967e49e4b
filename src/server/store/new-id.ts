/** Ids of stored resources: decided by the seed and by how many of their kind were made before. */
import { createRandom } from '../../lib/random.js';
import type { Store } from './store.js';

const CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HEX = '0123456789abcdef';

/** Who makes ids. */
export interface IdSource {
  seed: number;
  store: () => Promise<Store>;
}

/**
 * A new id. The same sequence of requests to servers with the same seed and no data gives the same ids; no two threads get
 * the same one.
 *
 * @param prefix - what OpenAI's ids of the kind begin with, such as `file-`
 * @param length - characters after it
 * @param alphabet - what they are
 */
export async function newId(
  { seed, store }: IdSource,
  prefix: string,
  length = 24,
  alphabet: 'letters' | 'hex' = 'letters',
): Promise<string> {
  const number = await (await store()).nextNumber(`id ${prefix}`);
  const random = createRandom(seed, 'resource id', prefix, number);
  const characters = alphabet === 'hex' ? HEX : CHARACTERS;
  let id = prefix;
  for (let i = 0; i < length; i++) id += characters[random.int(characters.length)]!;
  return id;
}
