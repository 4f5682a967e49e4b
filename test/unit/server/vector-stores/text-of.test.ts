import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { textOf } from '../../../../src/server/protocols/openai/vector-stores/text-of.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const zip = (files: Record<string, string>): Buffer =>
  Buffer.from(zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, bytes(text)]))));

/** A PDF file with one page for each of some texts. */
function pdfOf(...pages: string[]): Buffer {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${pages.map((_, i) => `${4 + 2 * i} 0 R`).join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  for (const [i, text] of pages.entries()) {
    const stream = text === '' ? '' : `BT /F1 24 Tf 72 700 Td (${text}) Tj ET`;
    const resources = '/Resources << /Font << /F1 3 0 R >> >>';
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${resources} /Contents ${5 + 2 * i} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    );
  }
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const at = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const trailer = `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF`;
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  return Buffer.from(file + table + trailer);
}

test.each([
  ['a.txt', Buffer.from('größe'), 'größe'],
  ['a.csv', Buffer.from('a,b\n1,2'), 'a,b\n1,2'],
  ['utf16.txt', Buffer.from('\ufeffgröße', 'utf16le'), 'größe'],
  ['big-endian.txt', Buffer.from('\ufeffhi', 'utf16le').swap16(), 'hi'],
  [
    'page.html',
    Buffer.from(
      '<html><head><title>A &amp; B</title><style>p{}</style><script>if (1 < 2) x()</script></head><body><!-- no --><h1>Head</h1><p>One&nbsp;<b>two</b> &#x263a;</p></body></html>',
    ),
    'A & B\n\nHead\n\nOne two ☺',
  ],
  ['any.pdf', pdfOf('Invoices are due.', 'Second page'), 'Invoices are due.\n\nSecond page'],
  [
    'letter.docx',
    zip({
      'word/document.xml':
        '<w:document><w:body><w:p><w:r><w:t>Dear </w:t></w:r><w:r><w:t>Ann &amp; Bob,</w:t></w:r></w:p><w:p><w:r><w:t>bye</w:t></w:r></w:p></w:body></w:document>',
      'word/styles.xml': '<w:styles>not this</w:styles>',
    }),
    'Dear Ann & Bob,\nbye',
  ],
  [
    'slides.pptx',
    zip({
      'ppt/slides/slide10.xml': '<p:sld><a:p><a:t>Last</a:t></a:p></p:sld>',
      'ppt/slides/slide2.xml': '<p:sld><a:p><a:t>First</a:t></a:p><a:p><a:t>more</a:t></a:p></p:sld>',
    }),
    'First\nmore\n\nLast',
  ],
])('%s', async (name, content, expected) => {
  expect(await textOf(name, content)).toBe(expected);
});

test.each([
  ['image.png', Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'unsupported_file'],
  ['damaged.pdf', Buffer.from('%PDF-1.4 and no more'), 'invalid_file'],
  ['scan.pdf', pdfOf(''), 'invalid_file'],
  ['zero.txt', Buffer.from('a\0b'), 'unsupported_file'],
  ['damaged.docx', Buffer.from('PK\u0003\u0004 no'), 'invalid_file'],
  ['other.docx', zip({ 'a.txt': 'x' }), 'invalid_file'],
])('%s is refused', async (name, content, code) => {
  expect(await textOf(name, content)).toMatchObject({ code, message: expect.any(String) as string });
});
