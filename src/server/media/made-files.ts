/** Files that the server made and that a URL leads to: kept for an hour, as OpenAI keeps them. */
import type { Clock } from '../../lib/clock.js';
import { unnoted } from '../store/commit-note.js';
import { type IdSource, newId } from '../store/new-id.js';
import type { Collection } from '../store/store.js';

interface MadeFile {
  /** Content type. */
  type: string;
  blob: string;
}

const LIFE_MS = 60 * 60 * 1000;
const MADE_FILES: Collection<MadeFile> = { name: 'made-files', maxCount: 500, atBound: 'evict' };

/** Who keeps them. */
export type MadeFileKeeper = IdSource & { clock: Clock };

/**
 * Keeps a file.
 *
 * @returns its id
 */
export async function keepMadeFile(keeper: MadeFileKeeper, bytes: Uint8Array, type: string): Promise<string> {
  const store = await keeper.store();
  const id = await newId(keeper, 'img-');
  const blob = await newId(keeper, 'blob_');
  await store.writeBlob(blob, bytes);
  const expiresAtMs = keeper.clock.wallMs() + LIFE_MS;
  // Whoever does not hear of it can have it made again: it is nothing that anybody could find.
  await unnoted(() => store.put(MADE_FILES, id, { type, blob }, { expiresAtMs, blobs: [blob] }));
  return id;
}

/** A file that was kept; undefined when there is none (any more). */
export async function madeFile(
  keeper: MadeFileKeeper,
  id: string,
): Promise<{ bytes: Buffer; type: string } | undefined> {
  const store = await keeper.store();
  const file = await store.get(MADE_FILES, id);
  const bytes = file && (await store.readBlob(file.blob));
  return bytes && { bytes, type: file.type };
}
