/** The text of PDF files, read with Mozilla's pdf.js. Run on a media thread: it can take seconds. */
import { messageOf } from '../../lib/errors.js';
import type { FileText } from './text-of.js';

type Reader = typeof import('unpdf');
let loading: Promise<Reader> | undefined;

/** Loads the reader: only servers that get a PDF pay for it. */
async function load(): Promise<Reader> {
  // pdf.js greets on stdout when it is loaded, where only what was asked for belongs.
  const { log } = console;
  // oxlint-disable-next-line no-console -- to keep something from being printed
  console.log = (): void => {};
  try {
    const reader = await import('unpdf');
    await reader.getResolvedPDFJS();
    return reader;
  } finally {
    // oxlint-disable-next-line no-console -- as it was
    console.log = log;
  }
}

/**
 * The text of all pages.
 *
 * @throws Error that says what is wrong with the file
 */
export async function pdfText(content: Uint8Array): Promise<FileText> {
  const { extractText, getDocumentProxy } = await (loading ??= load());
  try {
    // 0: errors are thrown, and nothing is printed. A copy, as the reader takes the bytes for its own.
    const document = await getDocumentProxy(Uint8Array.from(content), { verbosity: 0 });
    try {
      const { text } = await extractText(document);
      return { text: text.join('\n\n').trim(), pages: text.length };
    } finally {
      await document.destroy();
    }
  } catch (error) {
    throw new Error(`the PDF file cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
