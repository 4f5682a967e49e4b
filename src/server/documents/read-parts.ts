/** Files in prompts: what is no plain text is read, so that it can be counted and quoted. */
import { LRUCache } from 'lru-cache';
import { digestOf } from '../../lib/digest.js';
import { documentBytes, type FilePart, type MediaPart } from '../../simulator/prompt/media-tokens.js';
import type { FileText } from './text-of.js';

/** Characters of files that were read, which a thread remembers: a conversation sends its files again with each turn. */
const CACHE_CHARACTERS = 16 * 1024 * 1024;
const read = new LRUCache<string, FileText>({
  maxSize: CACHE_CHARACTERS,
  sizeCalculation: ({ text }) => text.length + 1,
});

/** Extensions of what says its media type only. */
const EXTENSIONS: readonly (readonly [RegExp, string])[] = [
  [/wordprocessingml\.document/, 'docx'],
  [/presentationml\.presentation/, 'pptx'],
  [/spreadsheetml\.sheet/, 'xlsx'],
];

/** A part with what is written in it; what cannot be read stays as it is. */
export async function readPart(part: MediaPart): Promise<MediaPart> {
  if (part.kind !== 'file' || part.text !== undefined) return part;
  const bytes = documentBytes(part);
  if (!bytes) return part;
  const { high, low } = digestOf([part.url, part.name ?? '']);
  const key = `${high}/${low}`;
  const known = read.get(key);
  if (known) return { ...part, ...known };
  const { readFileText } = await import('./text-of.js');
  const found = await readFileText(nameOf(part), bytes);
  if ('code' in found) return part;
  read.set(key, found);
  return { ...part, ...found };
}

function nameOf({ url, name }: FilePart): string {
  const type = url.startsWith('data:') ? url.slice(0, Math.min(url.indexOf(','), 200)) : '';
  const extension = EXTENSIONS.find(([pattern]) => pattern.test(type))?.[1];
  return extension === undefined ? (name ?? '') : `file.${extension}`;
}
