/** What a place of a request can be, as OpenAI's refusals say it: `one of a string or array of objects`. */
import { type Shape, shapesOf } from './request-shapes.js';

/** Items that have a name of their own. */
const ITEMS: Readonly<Record<string, string>> = { input: 'input items', tools: 'tools' };

const WORDS: Readonly<Record<Shape['t'], string>> = {
  string: 'string',
  integer: 'integer',
  number: 'decimal',
  boolean: 'boolean',
  null: 'null',
  array: 'array',
  object: 'object',
  any: 'value',
  file: 'file',
};

/**
 * Names what is expected.
 *
 * @param name - the member that it is of
 */
export function expected(shapes: readonly Shape[], name: string): string {
  const kinds = kindsOf(filesLast(shapes), name);
  if (kinds.length === 1) return withArticle(kinds[0]!);
  const [first, ...rest] = kinds;
  return `one of ${listed([withArticle(first!), ...rest.map(({ noun }) => noun)])}`;
}

/** One file is told of after several. */
const filesLast = (shapes: readonly Shape[]): readonly Shape[] =>
  shapes.toSorted((a, b) => Number(a.t === 'file') - Number(b.t === 'file'));

/** A kind of value: what it is called, and what comes before that. */
interface Kind {
  article: string;
  noun: string;
}

const withArticle = ({ article, noun }: Kind): string => (article === '' ? noun : `${article} ${noun}`);

/** The different kinds of value; null is not named. */
function kindsOf(shapes: readonly Shape[], name: string): Kind[] {
  const listedValues = shapes.flatMap(({ t, e }) => (t === 'string' && e ? e : []));
  const kinds: Kind[] = [];
  for (const shape of shapes) {
    if (shape.t === 'null') continue;
    const kind = shape.t === 'string' && shape.e ? enumeration(listedValues) : kindOf(shape, name);
    if (!kinds.some(({ noun }) => noun === kind.noun)) kinds.push(kind);
  }
  return kinds;
}

/** Long values are cut in the middle. */
const enumeration = (values: readonly unknown[]): Kind => ({
  article: values.length > 1 ? 'one of' : '',
  noun: listed([...new Set(values)].map((value) => `'${String(value)}'`)),
});

function kindOf(shape: Shape, name: string): Kind {
  if (name === 'metadata' && shape.t === 'object') return { article: 'a', noun: 'metadata object' };
  if (shape.t === 'array') return { article: 'an', noun: arrayOf(shape, name) };
  const noun = WORDS[shape.t];
  return { article: /^[aeiou]/.test(noun) ? 'an' : 'a', noun };
}

function arrayOf({ i }: Shape, name: string): string {
  if (i === undefined) return 'array';
  const items = shapesOf(i);
  const [kind, ...others] = kindsOf(items, name);
  if (!kind || others.length > 0) return 'array';
  if (items.some(({ t }) => t === 'object')) return `array of ${ITEMS[name] ?? 'objects'}`;
  return kind.article === 'one of' || kind.article === ''
    ? `array of ${withArticle(kind)}`
    : `array of ${kind.noun}s`;
}

/** `a`, `a or b`, `a, b, or c` */
function listed(words: readonly string[]): string {
  if (words.length < 3) return words.join(' or ');
  return `${words.slice(0, -1).join(', ')}, or ${words.at(-1)!}`;
}
