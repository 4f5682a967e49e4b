/** ZIP archives, as far as bundles of skills need them. */
import { unzipSync, zipSync } from 'fflate';

/** A file of a bundle. */
export interface BundleFile {
  path: string;
  bytes: Buffer;
}

/** What an archive with a file in it begins with. */
const MAGIC = Buffer.from('PK\u0003\u0004', 'latin1');

/** Files as a ZIP archive, not compressed; the same files make the same bytes. */
export function zipOf(files: readonly BundleFile[]): Buffer {
  const entries = Object.fromEntries(files.map(({ path, bytes }) => [path, bytes]));
  // Archives have local times: this is the earliest that there is, everywhere.
  return Buffer.from(zipSync(entries, { level: 0, mtime: new Date(1980, 0, 1) }));
}

/** Whether bytes begin as a ZIP archive does. */
export const isZip = (bytes: Buffer): boolean => bytes.subarray(0, MAGIC.length).equals(MAGIC);

/**
 * A file of an archive.
 *
 * @param isWanted - by its path; the first that fits is taken
 * @param maxBytes - most bytes of it, unpacked
 * @returns undefined when there is none
 * @throws Error when the archive is damaged, packed in another way than usual, or the file too large
 */
export function findInZip(
  zip: Buffer,
  isWanted: (path: string) => boolean,
  maxBytes: number,
): Buffer | undefined {
  let found: string | undefined;
  const unpacked = unzipSync(zip, {
    filter: ({ name, originalSize }) => {
      if (found !== undefined || !isWanted(name)) return false;
      if (originalSize > maxBytes) throw new Error('a file in it is too large');
      found = name;
      return true;
    },
  });
  return found === undefined ? undefined : Buffer.from(unpacked[found]!);
}

/**
 * All files of an archive that are not too large, with their texts where they are text.
 *
 * @param maxFiles - most files; further ones are left out
 * @param maxBytes - most bytes of a file whose text is read, unpacked
 * @throws Error when the archive is damaged
 */
export function textsInZip(
  zip: Buffer,
  maxFiles: number,
  maxBytes: number,
): { path: string; bytes: number; text?: string }[] {
  const found: { path: string; bytes: number; text?: string }[] = [];
  const unpacked = unzipSync(zip, {
    filter: ({ name, originalSize }) => {
      if (name.endsWith('/') || found.length >= maxFiles) return false;
      found.push({ path: name, bytes: originalSize });
      return originalSize <= maxBytes;
    },
  });
  return found.map((file) => {
    const bytes = unpacked[file.path];
    return bytes ? { ...file, text: Buffer.from(bytes).toString('utf8') } : file;
  });
}
