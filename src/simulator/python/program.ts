/** The programs that a simulated code interpreter writes, and what they really print. */
import { evaluate, printed, PyError } from './arithmetic.js';

/** A file that the program can see. */
export interface ProgramFile {
  name: string;
  bytes: number;
}

/** Python, and its output. */
export interface Program {
  code: string;
  logs: string;
}

/** Where OpenAI's interpreter has its files. */
const FOLDER = '/mnt/data';
const MAX_NUMBERS = 1000;
const MAX_QUOTE = 200;

const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const LIST = new RegExp(String.raw`(?:${NUMBER})(?:\s*(?:,|and|;)\s*(?:and\s+)?${NUMBER})+`, 'i');
const EXPRESSION = /[-+(]*\s*\d[\d.]*[\d\s.+\-*/%^()x×÷·]*/gi;
/** What a list of numbers is asked for, as Python says it. */
const OF_LIST: readonly (readonly [RegExp, string])[] = [
  [/\b(?:average|mean)\b/i, 'sum(numbers) / len(numbers)'],
  [/\b(?:sum|total|add)\b/i, 'sum(numbers)'],
  [/\b(?:product|multiply)\b/i, 'math.prod(numbers)'],
  [/\b(?:max|maximum|largest|highest)\b/i, 'max(numbers)'],
  [/\b(?:min|minimum|smallest|lowest)\b/i, 'min(numbers)'],
];

/** Whether a text has something that can be calculated. */
export const isCalculation = (words: string): boolean =>
  expressionIn(words) !== undefined || listIn(words) !== undefined;

/**
 * The program for what somebody says: a calculation that is in the words, or a list of the files, or else the words
 * themselves, printed.
 */
export function programFor(words: string, files: readonly ProgramFile[]): Program {
  const list = listIn(words);
  if (list) return list;
  const expression = expressionIn(words);
  if (expression !== undefined) return { code: `print(${expression})`, logs: logsOf(expression) };
  if (files.length > 0) return listing(files);
  const said = words.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_QUOTE);
  return { code: `print(${JSON.stringify(said)})`, logs: `${said}\n` };
}

function logsOf(expression: string): string {
  try {
    return `${printed(evaluate(expression)!)}\n`;
  } catch (error) {
    if (!(error instanceof PyError)) throw error;
    return `Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n${error.message}\n`;
  }
}

/** The longest part of a text that Python can calculate. */
function expressionIn(words: string): string | undefined {
  const found = [...words.matchAll(EXPRESSION)]
    .map(([text]) => asPython(text))
    // Numbers of telephones and dates are no differences.
    .filter((text) => !/^\d+(?:-\d+)+$/.test(text))
    .filter((text) => /\d[\s)]*[-+*/%]+\s*[-+(]*\s*[\d.]/.test(text) && isExpression(text));
  return found.reduce<string | undefined>(
    (best, text) => (best === undefined || text.length > best.length ? text : best),
    undefined,
  );
}

const asPython = (text: string): string =>
  text
    .replaceAll(/[x×·]/gi, '*')
    .replaceAll('÷', '/')
    .replaceAll('^', '**')
    .replace(/[\s.+\-*/%(]+$/, '')
    .trim();

function isExpression(text: string): boolean {
  try {
    return evaluate(text) !== undefined;
  } catch (error) {
    return error instanceof PyError;
  }
}

function listIn(words: string): Program | undefined {
  const what = OF_LIST.find(([pattern]) => pattern.test(words))?.[1];
  const numbers = what && LIST.exec(words)?.[0].match(new RegExp(NUMBER, 'g'));
  if (!what || !numbers || numbers.length > MAX_NUMBERS) return undefined;
  const sum = numbers.map((one) => `(${one})`).join('+');
  const sorted = numbers.toSorted((a, b) => Number(a) - Number(b));
  const result = {
    'sum(numbers) / len(numbers)': `(${sum})/${numbers.length}`,
    'sum(numbers)': sum,
    'math.prod(numbers)': sum.replaceAll(')+(', ')*('),
    'max(numbers)': sorted.at(-1)!,
    'min(numbers)': sorted[0]!,
  }[what]!;
  const head = what.startsWith('math') ? 'import math\n\n' : '';
  return { code: `${head}numbers = [${numbers.join(', ')}]\nprint(${what})`, logs: logsOf(result) };
}

function listing(files: readonly ProgramFile[]): Program {
  // As Python sorts: by the numbers of the characters.
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  return {
    code: `import os\n\nfor name in sorted(os.listdir("${FOLDER}")):\n    print(name, os.path.getsize(os.path.join("${FOLDER}", name)))`,
    logs: sorted.map(({ name, bytes }) => `${name} ${bytes}\n`).join(''),
  };
}
