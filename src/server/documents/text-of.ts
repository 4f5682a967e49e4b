/** The text of a file, whatever it is written in. */
import type { OfficeKind } from './office-text.js';
import { tidied, unescaped } from './words.js';

const MAX_BYTES = 64 * 1024 * 1024;

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
 * Reads a file by its name and its bytes: text in UTF-8 or UTF-16, HTML, PDF, and documents of Word (`.docx`), PowerPoint
 * (`.pptx`) and Excel (`.xlsx`).
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
  if (isOffice(kind)) return officeOrProblem(kind, content);
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

/** Bytes of words that are unpacked at once; more are on another thread. */
const SMALL_BYTES = 1024 * 1024;

const isOffice = (kind: string): kind is OfficeKind => ['docx', 'pptx', 'xlsx'].includes(kind);

async function officeOrProblem(kind: OfficeKind, content: Buffer): Promise<Extracted> {
  // Only servers that get such a document pay for what unpacks it.
  const { officeSize, officeText } = await import('./office-text.js');
  const size = officeSize(kind, content);
  if (typeof size !== 'number') return size;
  if (size <= SMALL_BYTES) return officeText(kind, content);
  const { mediaWork } = await import('../media/media-pool.js');
  return mediaWork<'office'>({ kind: 'office', office: kind, bytes: Uint8Array.from(content) });
}

function unsupported(filename: string): FileProblem {
  const message = `fakeai reads text in UTF-8 or UTF-16, HTML, PDF, .docx, .pptx and .xlsx; ${filename.slice(0, 100)} is something else.`;
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
