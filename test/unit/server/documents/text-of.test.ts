import { expect, test } from 'vitest';
import { archiveOf, pdfOf } from '../../../support/documents.js';
import { textOf } from '../../../../src/server/documents/text-of.js';

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
    archiveOf({
      'word/document.xml':
        '<w:document><w:body><w:p><w:r><w:t>Dear </w:t></w:r><w:r><w:t>Ann &amp; Bob,</w:t></w:r></w:p><w:p><w:r><w:t>bye</w:t></w:r></w:p></w:body></w:document>',
      'word/styles.xml': '<w:styles>not this</w:styles>',
    }),
    'Dear Ann & Bob,\nbye',
  ],
  [
    'slides.pptx',
    archiveOf({
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
  ['other.docx', archiveOf({ 'a.txt': 'x' }), 'invalid_file'],
])('%s is refused', async (name, content, code) => {
  expect(await textOf(name, content)).toMatchObject({ code, message: expect.any(String) as string });
});
