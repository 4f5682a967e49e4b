/** The text of a file, whatever it is written in. */
import { messageOf } from '../../lib/errors.js';

const MAX_BYTES = 64 * 1024 * 1024;
/** Most bytes of one part of an archive, unpacked. */
const MAX_PART_BYTES = 64 * 1024 * 1024;

/** Why a file cannot be read. */
export interface FileProblem {
  code: 'server_error' | 'unsupported_file' | 'invalid_file';
  message: string;
}

/** What is in a file. */
export interface FileText {
  text: string;
  /** Pages that can be seen; only PDF files have any. */
  pages: number;
}

/** Text, or why there is none. */
export type Extracted = string | FileProblem;

/**
 * Reads a file by its name and its bytes: text in UTF-8 or UTF-16, HTML, PDF, and documents of Word (`.docx`) and
 * PowerPoint (`.pptx`).
 */
export async function textOf(filename: string, content: Buffer): Promise<Extracted> {
  const read = await readFileText(filename, content);
  if ('code' in read) return read;
  const isScan = read.text === '' && read.pages > 0;
  return isScan ? { code: 'invalid_file', message: 'The PDF file has no text in it.' } : read.text;
}

/** The same with the pages; of scanned ones there is no text. */
export async function readFileText(filename: string, content: Buffer): Promise<FileText | FileProblem> {
  const found = await extract(filename, content);
  return typeof found === 'string' ? { text: found, pages: 0 } : found;
}

async function extract(filename: string, content: Buffer): Promise<string | FileText | FileProblem> {
  if (content.length > MAX_BYTES) {
    return { code: 'invalid_file', message: `The file has more than ${MAX_BYTES} bytes.` };
  }
  const kind = /\.(\w+)$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  if (kind === 'docx' || kind === 'pptx') return officeText(kind, content);
  if (content.toString('latin1', 0, 5) === '%PDF-') return pdfOrProblem(content);
  const text = decoded(content);
  if (text === undefined) return unsupported(filename);
  return kind === 'html' || kind === 'htm' ? htmlText(text) : text;
}

async function pdfOrProblem(content: Buffer): Promise<FileText | FileProblem> {
  const { mediaWork } = await import('../media/media-pool.js');
  // A copy: a thread is sent the whole memory that bytes are a part of.
  const read = await mediaWork<'pdf'>({ kind: 'pdf', bytes: Uint8Array.from(content) });
  if (!('problem' in read)) return read;
  return { code: 'invalid_file', message: `${read.problem}.`.replace(/^t/, 'T') };
}

function unsupported(filename: string): FileProblem {
  const message = `fakeai reads text in UTF-8 or UTF-16, HTML, PDF, .docx and .pptx; ${filename.slice(0, 100)} is something else.`;
  return { code: 'unsupported_file', message };
}

function decoded(content: Buffer): string | undefined {
  const [first, second] = content;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const encoding = isUtf16 ? (first === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(content);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

const unescaped = (text: string): string =>
  text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,10}));/gi, (...found: unknown[]) => {
    const [whole, decimal, hex, name] = found as [string, ...(string | undefined)[]];
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
    return code > 0x10_ff_ff ? whole : String.fromCodePoint(code);
  });

/** Tags that end a line. */
const BLOCKS =
  /<\/?(?:p|div|br|li|ul|ol|tr|table|h[1-6]|section|article|header|footer|title|blockquote|pre)\b[^>]*>/gi;

/** What a browser would show, roughly: the words, without mark-up, scripts and styles. */
function htmlText(html: string): string {
  const words = html
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/<(script|style|template|noscript)\b[^]*?<\/\1\s*>/gi, '')
    .replaceAll(BLOCKS, '\n')
    .replaceAll(/<[^>]*>/g, '');
  return tidied(unescaped(words));
}

const tidied = (text: string): string =>
  text
    .replaceAll(/[ \t\u00a0]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();

/** Parts with the words of a document, and the element that ends a paragraph. */
const OFFICE = {
  docx: { parts: /^word\/(?:document|footnotes|endnotes)\.xml$/, paragraph: /<\/w:p>|<w:br\b[^>]*>/g },
  pptx: { parts: /^ppt\/(?:slides|notesSlides)\/\w+\.xml$/, paragraph: /<\/a:p>|<a:br\b[^>]*>/g },
} as const;

/** Slides by their numbers, not by their names. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

async function officeText(kind: keyof typeof OFFICE, content: Buffer): Promise<Extracted> {
  const { parts, paragraph } = OFFICE[kind];
  const { unzipSync } = await import('fflate');
  let tooLarge = false;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(content, {
      filter: ({ name, originalSize }) => {
        if (!parts.test(name)) return false;
        tooLarge ||= originalSize > MAX_PART_BYTES;
        return !tooLarge;
      },
    });
  } catch (error) {
    return { code: 'invalid_file', message: `The ${kind} file is damaged: ${messageOf(error)}.` };
  }
  if (tooLarge)
    return { code: 'invalid_file', message: `A part of the ${kind} file is larger than can be read.` };
  const names = Object.keys(files).sort(byNumber);
  if (names.length === 0)
    return { code: 'invalid_file', message: `The file is no ${kind} document: it has no text in it.` };
  const texts = names.map((name) => {
    const xml = Buffer.from(files[name]!).toString('utf8').replaceAll(paragraph, '\n');
    return tidied(unescaped(xml.replaceAll(/<(?:w:tab|a:tab)\b[^>]*>/g, '\t').replaceAll(/<[^>]*>/g, '')));
  });
  return texts.filter((text) => text !== '').join('\n\n');
}
