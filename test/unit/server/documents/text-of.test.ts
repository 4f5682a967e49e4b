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
  [
    'table.xlsx',
    archiveOf({
      'xl/workbook.xml':
        '<workbook><sheets><sheet name="Sales &amp; more" sheetId="1" r:id="rId2"/><sheet name="Empty" sheetId="2" r:id="rId1"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels':
        '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
      'xl/sharedStrings.xml':
        '<sst><si><t>Month</t></si><si><r><t xml:space="preserve">Reve</t></r><r><t>nue</t></r><rPh><t>no</t></rPh></si></sst>',
      'xl/worksheets/sheet1.xml': '<worksheet><sheetData/></worksheet>',
      'xl/worksheets/sheet2.xml':
        '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>' +
        '<row r="2"/><row r="3"><c r="A3" t="inlineStr"><is><t>May</t></is></c><c r="B3" t="b"><v>1</v></c>' +
        '<c r="C3"><f>SUM(1,2)</f><v>3</v></c><c r="D3" t="str"><v>x</v></c></row></sheetData></worksheet>',
    }),
    'Sales & more\nMonth\t\tRevenue\nMay\tTRUE\t3\tx\n\nEmpty',
  ],
  [
    // Larger than what is read at once.
    'long.docx',
    archiveOf({ 'word/document.xml': `<w:p>${'word '.repeat(300_000)}</w:p>` }),
    'word '.repeat(300_000).trim(),
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
  ['bomb.docx', archiveOf({ 'word/document.xml': ' '.repeat(65 * 1024 * 1024) }), 'invalid_file'],
])('%s is refused', async (name, content, code) => {
  expect(await textOf(name, content)).toMatchObject({ code, message: expect.any(String) as string });
});
