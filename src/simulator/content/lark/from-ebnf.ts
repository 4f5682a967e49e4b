/** Grammars of the form that llama.cpp and XGrammar read (`root ::= "a" | [0-9]+`), in Lark. */

/** What is taken as it is, by its beginning; classes of characters become expressions. */
const PARTS = /"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*|::=|[A-Za-z_][\w-]*|\{\d+(?:,\d*)?\}|\.|[^]/g;

/** Whether a grammar is of that form. */
export const isEbnf = (grammar: string): boolean => grammar.includes('::=');

/** The same in Lark: its rules have small letters, and the first is `start`. */
export function larkFromEbnf(grammar: string): string {
  return grammar.replaceAll(PARTS, (part) => {
    if (part === '::=') return ':';
    if (part.startsWith('[')) return `/${part.replaceAll('/', '\\/')}/`;
    if (part.startsWith('#')) return `//${part.slice(1)}`;
    if (part.startsWith('{')) return repeated(part);
    if (part === '.') return '/./';
    return /^[A-Za-z_]/.test(part) ? ruleName(part) : part;
  });
}

const ruleName = (name: string): string =>
  name === 'root' ? 'start' : `r_${name.toLowerCase().replaceAll('-', '_')}`;

/** `{2}`, `{1,3}` and `{2,}`, of which the last is cut. */
function repeated(part: string): string {
  const [least, most] = part.slice(1, -1).split(',');
  return `~${least}${most === undefined ? '' : `..${most === '' ? Number(least) + MORE : most}`}`;
}

/** How often more something comes at most that can come any number of times. */
const MORE = 8;
