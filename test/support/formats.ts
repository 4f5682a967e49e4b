/** Small strict readers of what the exporters write: a mistake in a format is an exception. */

/** RFC 4180 with CRLF line ends. */
export function parseCsv(text: string): string[][] {
  if (!text.endsWith('\r\n')) throw new Error('the last line has no end');
  const rows: string[][] = [[]];
  const field = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
  for (let at = 0; at < text.length;) {
    field.lastIndex = at;
    const match = field.exec(text)!;
    rows.at(-1)!.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    at = field.lastIndex;
    if (text[at] === ',') at += 1;
    else if (text.startsWith('\r\n', at)) {
      at += 2;
      rows.push([]);
    } else throw new Error(`unexpected ${JSON.stringify(text.slice(at, at + 20))}`);
  }
  return rows.slice(0, -1);
}

export interface XmlElement {
  tag: string;
  attributes: Record<string, string>;
  children: (XmlElement | string)[];
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function unescape(text: string): string {
  // oxlint-disable-next-line no-control-regex -- XML 1.0 forbids control codes
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text))
    throw new Error('not an XML character');
  return text.replaceAll(/&([^;]*);?/g, (_, name: string) => {
    if (!Object.hasOwn(ENTITIES, name)) throw new Error(`unknown entity ${name}`);
    return ENTITIES[name]!;
  });
}

/** Elements, attributes and text of an XML document; its declaration is required, anything else is refused. */
export function parseXml(xml: string): XmlElement[] {
  const body = xml.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, '');
  if (body === xml) throw new Error('no declaration');
  const root: XmlElement = { tag: '', attributes: {}, children: [] };
  const stack = [root];
  const token = /<\/([\w-]+)>|<([\w-]+)((?:\s+[\w-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  for (let at = 0; at < body.length; at = token.lastIndex) {
    const match = token.exec(body);
    if (!match) throw new Error(`not well-formed at ${JSON.stringify(body.slice(at, at + 40))}`);
    const [, closed, opened, attributes, empty, text] = match;
    if (text !== undefined) {
      if (text.trim() !== '') stack.at(-1)!.children.push(unescape(text));
    } else if (closed !== undefined) {
      if (stack.pop()!.tag !== closed) throw new Error(`unexpected </${closed}>`);
    } else {
      const pairs = [...attributes!.matchAll(/([\w-]+)="([^"]*)"/g)].map((pair) => [
        pair[1]!,
        unescape(pair[2]!),
      ]);
      const element = {
        tag: opened!,
        attributes: Object.fromEntries(pairs) as Record<string, string>,
        children: [],
      };
      stack.at(-1)!.children.push(element);
      if (empty === '') stack.push(element);
    }
  }
  if (stack.length !== 1) throw new Error(`<${stack.at(-1)!.tag}> is not closed`);
  return root.children as XmlElement[];
}

/** All text inside an element. */
export const textOf = ({ children }: XmlElement): string =>
  children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
