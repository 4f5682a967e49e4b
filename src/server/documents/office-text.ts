/** The words of documents of Word, PowerPoint and Excel: archives of XML files. */
import { unzipSync } from 'fflate';
import { messageOf } from '../../lib/errors.js';
import { sheetsText } from './sheets-text.js';
import type { Extracted, FileProblem } from './text-of.js';
import { tidied, unescaped } from './words.js';

/** Most bytes of words, unpacked. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Parts with the words of a document, and the element that ends a paragraph. */
const PARTS = {
  docx: /^word\/(?:document|footnotes|endnotes)\.xml$/,
  pptx: /^ppt\/(?:slides|notesSlides)\/\w+\.xml$/,
  xlsx: /^xl\/(?:workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|worksheets\/\w+\.xml)$/,
} as const;
const PARAGRAPHS = {
  docx: /<\/w:p>|<w:br\b[^>]*>/g,
  pptx: /<\/a:p>|<a:br\b[^>]*>/g,
} as const;

/** Of what program a document is. */
export type OfficeKind = keyof typeof PARTS;

/** How many bytes its words have when they are unpacked, or why they cannot be read. */
export function officeSize(kind: OfficeKind, content: Uint8Array): number | FileProblem {
  let size = 0;
  const found = unpacked(kind, content, (bytes) => {
    size += bytes;
    return false;
  });
  if (isProblem(found)) return found;
  if (size > MAX_BYTES) return invalid(`The words of the ${kind} file are more than can be read.`);
  return size > 0 ? size : invalid(`The file is no ${kind} document: it has no text in it.`);
}

/** The words of a document that {@link officeSize} has not refused. */
export function officeText(kind: OfficeKind, content: Uint8Array): Extracted {
  const files = unpacked(kind, content, () => true);
  if (isProblem(files)) return files;
  return kind === 'xlsx' ? sheetsText(files) : paragraphsText(kind, files);
}

type Files = Readonly<Record<string, string>>;

const isProblem = (found: Files | FileProblem): found is FileProblem => 'code' in found;

function unpacked(
  kind: OfficeKind,
  content: Uint8Array,
  wanted: (bytes: number) => boolean,
): Files | FileProblem {
  try {
    const files = unzipSync(content, {
      filter: ({ name, originalSize }) => PARTS[kind].test(name) && wanted(originalSize),
    });
    const texts = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]);
    return Object.fromEntries(texts) as Files;
  } catch (error) {
    return invalid(`The ${kind} file is damaged: ${messageOf(error)}.`);
  }
}

const invalid = (message: string): FileProblem => ({ code: 'invalid_file', message });

/** Slides by their numbers, not by their names. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

function paragraphsText(kind: keyof typeof PARAGRAPHS, files: Files): string {
  const texts = Object.keys(files)
    .sort(byNumber)
    .map((name) => {
      const xml = files[name]!.replaceAll(PARAGRAPHS[kind], '\n');
      return tidied(unescaped(xml.replaceAll(/<(?:w:tab|a:tab)\b[^>]*>/g, '\t').replaceAll(/<[^>]*>/g, '')));
    });
  return texts.filter((text) => text !== '').join('\n\n');
}
