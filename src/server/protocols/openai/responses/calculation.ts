/** Code for what the user wants to have computed, and what it prints when it is run: arithmetic, or nothing but their words. */

/** Numbers, operators of Python and brackets. */
const EXPRESSION = /[(\d.][\d\s.+\-*/%()]{0,200}[\d)]/g;

/** A line of Python, and its output. */
export interface Calculation {
  code: string;
  logs: string;
}

/** See the file's head. */
export function calculation(words: string): Calculation {
  for (const [found] of words.matchAll(EXPRESSION)) {
    const expression = found.trim();
    if (!/\d\s*(?:[+*/%-]|\*\*|\/\/)\s*[\d(.-]/.test(expression)) continue;
    const value = evaluate(expression);
    if (value !== undefined && Number.isFinite(value))
      return { code: `print(${expression})`, logs: `${shown(value, expression)}\n` };
  }
  return { code: `print(${JSON.stringify(words)})`, logs: `${words}\n` };
}

/** As Python prints it: a quotient is never an integer. */
function shown(value: number, expression: string): string {
  const isFloat = /\d\.|\.\d|(?<!\/)\/(?!\/)/.test(expression);
  return isFloat && Number.isInteger(value) ? `${value}.0` : String(value);
}

/** The value of an expression; undefined where it is none, or beyond what numbers hold exactly. */
function evaluate(expression: string): number | undefined {
  const tokens = expression.match(/\d+\.?\d*|\.\d+|\*\*|\/\/|[+\-*/%()]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(/\s+/g, '')) return undefined;
  const value = new Arithmetic(tokens).value();
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Python's rules of precedence, by recursive descent. What is wrong is not a number, and so is all that has it inside. */
class Arithmetic {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  value(): number {
    const value = this.#sum();
    return this.#at === this.#tokens.length ? value : Number.NaN;
  }

  #sum(): number {
    let value = this.#product();
    for (;;) {
      if (this.#takes('+')) value += this.#product();
      else if (this.#takes('-')) value -= this.#product();
      else return value;
    }
  }

  #product(): number {
    let value = this.#signed();
    for (;;) {
      if (this.#takes('*')) value *= this.#signed();
      else if (this.#takes('/')) value /= this.#divisor();
      // Python rounds down, and a remainder has the sign of the divisor.
      else if (this.#takes('//')) value = Math.floor(value / this.#divisor());
      else if (this.#takes('%')) {
        const divisor = this.#divisor();
        value -= divisor * Math.floor(value / divisor);
      } else return value;
    }
  }

  #divisor(): number {
    return this.#signed() || Number.NaN;
  }

  #signed(): number {
    return this.#takes('-') ? -this.#signed() : this.#power();
  }

  #power(): number {
    const base = this.#atom();
    return this.#takes('**') ? base ** this.#signed() : base;
  }

  #atom(): number {
    if (!this.#takes('(')) return Number(this.#tokens[this.#at++] ?? Number.NaN);
    const value = this.#sum();
    return this.#takes(')') ? value : Number.NaN;
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}
