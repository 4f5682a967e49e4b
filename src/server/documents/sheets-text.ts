/** The cells of a workbook as text: each sheet under its name, a row a line, with tabs between cells. */
import { unescaped } from './words.js';

/** Rows of a sheet that are read, as OpenAI reads so many. */
const MAX_ROWS = 1000;
/** Columns in which gaps are kept. */
const MAX_COLUMNS = 1000;

/** @param files - XML of a workbook, by name */
export function sheetsText(files: Readonly<Record<string, string>>): string {
  const shared = elements(files['xl/sharedStrings.xml'] ?? '', 'si').map(({ inner }) => wordsOf(inner));
  const sheets = sheetsOf(files).map(({ name, xml }) => {
    const rows = elements(xml, 'row', MAX_ROWS).map(({ inner }) => rowText(inner, shared));
    return [name, ...rows.filter((row) => row !== '')].join('\n');
  });
  return sheets.join('\n\n');
}

/** In the workbook's order; in that of their numbers where it does not say. */
function sheetsOf(files: Readonly<Record<string, string>>): { name: string; xml: string }[] {
  const targets = new Map(
    tags(files['xl/_rels/workbook.xml.rels'] ?? '', 'Relationship').map((tag) => [
      attribute(tag, 'Id'),
      `xl/${attribute(tag, 'Target').replace(/^\/?(?:xl\/)?/, '')}`,
    ]),
  );
  return tags(files['xl/workbook.xml'] ?? '', 'sheet').map((tag, i) => {
    const file = targets.get(attribute(tag, 'r:id')) ?? `xl/worksheets/sheet${i + 1}.xml`;
    return { name: attribute(tag, 'name'), xml: files[file] ?? '' };
  });
}

function rowText(row: string, shared: readonly string[]): string {
  const cells: string[] = [];
  for (const { tag, inner } of elements(row, 'c')) {
    const column = columnOf(attribute(tag, 'r'));
    while (cells.length < Math.min(column ?? 0, MAX_COLUMNS)) cells.push('');
    cells.push(cellText(attribute(tag, 't'), inner, shared));
  }
  return cells.join('\t').trimEnd();
}

function cellText(type: string, inner: string, shared: readonly string[]): string {
  if (type === 'inlineStr') return wordsOf(inner);
  const value = wordsOf(elements(inner, 'v')[0]?.inner ?? '');
  if (type === 's') return shared[Number(value)] ?? '';
  return type === 'b' ? (value === '1' ? 'TRUE' : 'FALSE') : value;
}

/** `AB12` is in column 27, counted from 0. */
function columnOf(place: string): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(place)?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** What is read aloud above a word (`rPh`) is not part of it. */
const wordsOf = (xml: string): string =>
  unescaped(xml.replaceAll(/<rPh\b[^]*?<\/rPh>/g, '').replaceAll(/<[^>]*>/g, ''))
    .replaceAll(/\s+/g, ' ')
    .trim();

interface XmlElement {
  tag: string;
  inner: string;
}

/** Elements of a name that is not nested, with or without a prefix. */
function elements(xml: string, name: string, most = Number.POSITIVE_INFINITY): XmlElement[] {
  const found: XmlElement[] = [];
  const pattern = new RegExp(`<(?:\\w+:)?${name}(\\s[^>]*?)?(?:/>|>([^]*?)</(?:\\w+:)?${name}>)`, 'g');
  for (const [, tag = '', inner = ''] of xml.matchAll(pattern)) {
    found.push({ tag, inner });
    if (found.length >= most) break;
  }
  return found;
}

const tags = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<(?:\\w+:)?${name}\\s([^>]*)>`, 'g'))].map(([, tag]) => tag!);

const attribute = (tag: string, name: string): string =>
  unescaped(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
