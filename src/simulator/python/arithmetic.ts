/** Arithmetic as Python does it: whole numbers of any size, decimals where `/` or a point asks for them. */

/** A whole number, or a decimal one. */
export type PyNumber = bigint | number;

/** What Python would raise, such as `ZeroDivisionError: division by zero`. */
export class PyError extends Error {}

/** Longest power of whole numbers, in bits: what a person asks for has fewer. */
const MAX_BITS = 4096;
const MAX_DEPTH = 50;

/** What names and functions in an expression stand for. */
export interface Names {
  readonly values: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, (...given: number[]) => number>;
}

const NO_NAMES: Names = { values: new Map(), functions: new Map() };

const TOKEN =
  /\s*(?:(\d+\.\d*(?:e[+-]?\d+)?|\.\d+|\d+e[+-]?\d+)|(0+(?!\d)|[1-9]\d*(?!\d))|(\*\*|\/\/|[-+*/%(),]|[a-z_]\w*))/iy;

/**
 * The value of an expression of numbers, `+ - * / // % **` and parentheses, and of names that are given.
 *
 * @returns undefined when it is none
 * @throws PyError as Python would
 */
export function evaluate(text: string, names: Names = NO_NAMES): PyNumber | undefined {
  const tokens = tokensOf(text);
  if (!tokens || tokens.length === 0) return undefined;
  try {
    return new Parser(tokens, names).all();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function tokensOf(text: string): (PyNumber | string)[] | undefined {
  const tokens: (PyNumber | string)[] = [];
  const trimmed = text.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (!match) return undefined;
    const [, decimal, whole, operator] = match;
    tokens.push(decimal === undefined ? (whole === undefined ? operator! : BigInt(whole)) : Number(decimal));
  }
  return tokens;
}

/** By Python's precedence: sums, products, signs, powers. */
class Parser {
  readonly #tokens: readonly (PyNumber | string)[];
  #at = 0;
  #depth = 0;

  readonly #names: Names;

  constructor(tokens: readonly (PyNumber | string)[], names: Names) {
    this.#tokens = tokens;
    this.#names = names;
  }

  all(): PyNumber {
    const value = this.#sum();
    if (this.#at < this.#tokens.length) throw new SyntaxError();
    return value;
  }

  #sum(): PyNumber {
    let value = this.#product();
    for (let by = this.#take('+', '-'); by !== undefined; by = this.#take('+', '-'))
      value = combine(by, value, this.#product());
    return value;
  }

  #product(): PyNumber {
    let value = this.#signed();
    for (let by = this.#take('*', '/', '//', '%'); by !== undefined; by = this.#take('*', '/', '//', '%'))
      value = combine(by, value, this.#signed());
    return value;
  }

  #signed(): PyNumber {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError();
    const sign = this.#take('-', '+');
    const value = sign === undefined ? this.#power() : this.#signed();
    this.#depth--;
    return sign === '-' ? -value : value;
  }

  #power(): PyNumber {
    const base = this.#atom();
    // To the right: 2**3**2 is 2**9.
    return this.#take('**') === undefined ? base : power(base, this.#signed());
  }

  #atom(): PyNumber {
    const token = this.#tokens[this.#at++];
    if (token === '(') {
      if (++this.#depth > MAX_DEPTH) throw new SyntaxError();
      const value = this.#sum();
      this.#depth--;
      if (this.#take(')') !== undefined) return value;
    } else if (typeof token === 'bigint' || typeof token === 'number') return token;
    else if (token !== undefined) return this.#named(token);
    throw new SyntaxError();
  }

  #named(name: string): PyNumber {
    const called = this.#names.functions.get(name);
    if (called && this.#take('(') !== undefined) {
      if (++this.#depth > MAX_DEPTH) throw new SyntaxError();
      const given = [Number(this.#sum())];
      while (this.#take(',') !== undefined) given.push(Number(this.#sum()));
      this.#depth--;
      if (this.#take(')') !== undefined) return called(...given);
    }
    const value = this.#names.values.get(name);
    if (value === undefined) throw new SyntaxError();
    return value;
  }

  #take(...wanted: string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (typeof token !== 'string' || !wanted.includes(token)) return undefined;
    this.#at++;
    return token;
  }
}

function combine(by: string, a: PyNumber, b: PyNumber): PyNumber {
  if (by === '/' || by === '//' || by === '%') return divided(by, a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return by === '+' ? a + b : by === '-' ? a - b : a * b;
  const [x, y] = [Number(a), Number(b)];
  return by === '+' ? x + y : by === '-' ? x - y : x * y;
}

/** Python rounds down, and a remainder has the divisor's sign. */
function divided(by: string, a: PyNumber, b: PyNumber): PyNumber {
  const isWhole = typeof a === 'bigint' && typeof b === 'bigint';
  if (Number(b) === 0) {
    const what = by === '/' ? (isWhole ? 'division by zero' : 'float division by zero') : isWhole ? 'integer division or modulo by zero' : by === '%' ? 'float modulo' : 'float floor division by zero'; // prettier-ignore
    throw new PyError(`ZeroDivisionError: ${what}`);
  }
  if (by === '/') return Number(a) / Number(b);
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const rest = ((a % b) + b) % b;
    return by === '%' ? rest : (a - rest) / b;
  }
  const [x, y] = [Number(a), Number(b)];
  return by === '%' ? ((x % y) + y) % y : Math.floor(x / y);
}

function power(base: PyNumber, exponent: PyNumber): PyNumber {
  if (typeof base === 'bigint' && typeof exponent === 'bigint' && exponent >= 0n) {
    const size = base < 0n ? -base : base;
    if (BigInt(size.toString(2).length) * exponent > MAX_BITS) throw new SyntaxError();
    return base ** exponent;
  }
  const value = Number(base) ** Number(exponent);
  if (Number(base) === 0 && Number(exponent) < 0)
    throw new PyError('ZeroDivisionError: 0.0 cannot be raised to a negative power');
  // Python goes on to complex numbers here.
  if (Number.isNaN(value)) throw new SyntaxError();
  return value;
}

/** A number as Python prints it. */
export function printed(value: PyNumber): string {
  if (typeof value === 'bigint') return value.toString();
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  // Python changes to exponents at other sizes than JavaScript, and writes two digits of them.
  if (size !== 0 && (size < 1e-4 || size >= 1e16))
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
