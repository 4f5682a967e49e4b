/** Values as Python writes them, where OpenAI's services show what their validators found. */

/** A number that is written with a point, whole or not. */
export class Decimal {
  constructor(readonly value: number) {}
}

/** Something that is written as it is. */
export class Raw {
  constructor(readonly text: string) {}
}

/** Longest text that is shown. */
const LONGEST = 200;

/** `'text'`, `5`, `0.25`, `None`, `['a', 1]`, `{'a': 1}` */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value instanceof Raw) return value.text;
  if (value instanceof Decimal) return decimalText(value.value);
  if (typeof value === 'string') return quoted(value.slice(0, LONGEST));
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonText).join(', ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).map(([name, one]) => `${pythonText(name)}: ${pythonText(one)}`);
    return `{${members.join(', ')}}`;
  }
  return typeof value === 'number' ? String(value) : '';
}

/** `('body', 'input', 0)` */
export const tupleText = (values: readonly unknown[]): string =>
  `(${values.map(pythonText).join(', ')}${values.length === 1 ? ',' : ''})`;

const decimalText = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** In double quotes only where there is a single one, and no double one, inside. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replaceAll(/[\\\p{Cc}]/gu, (one) => ESCAPES[one] ?? hex(one));
  return `${quote}${quote === "'" ? inside.replaceAll("'", String.raw`\'`) : inside}${quote}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const hex = (one: string): string => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
