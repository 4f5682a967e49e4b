/**
 * Lark grammars as a tree: rules and terminals, alternatives, groups, optional and repeated parts, ranges, regular expressions,
 * `%import common.X`, `%ignore`. Not templates, look-around, `%declare`, `%extend`, `%override` and imports of files.
 */
import { COMMON_TERMINALS } from './common.js';
import { GrammarError, LarkLexer, type Token, unquoted } from './lexer.js';

/** A part of a rule. */
export type Part =
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'choice'; readonly options: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'name'; readonly name: string };

/** A grammar that was read. */
export interface Grammar {
  /** Rules and terminals by name. */
  readonly definitions: ReadonlyMap<string, Part>;
  /** Whether spaces may stand between terminals. */
  readonly ignoresSpace: boolean;
}

/** Longest grammar that is read, in characters. */
const MAX_CHARACTERS = 50_000;
const MAX_RULES = 1000;
/** Deepest nesting of groups. */
const MAX_DEPTH = 64;
/** Most repetitions of `~`. */
const MAX_REPEATS = 1000;

const START = 'start';

/**
 * Reads a grammar.
 *
 * @throws GrammarError when it is none, or has what is not followed
 */
export function readGrammar(definition: string): Grammar {
  if (definition.length > MAX_CHARACTERS)
    throw new GrammarError(`the grammar is longer than ${MAX_CHARACTERS} characters`);
  return new GrammarReader(definition).read();
}

class GrammarReader {
  readonly #lexer: LarkLexer;
  readonly #definitions = new Map<string, Part>();
  #ignoresSpace = false;
  #depth = 0;

  constructor(definition: string) {
    this.#lexer = new LarkLexer(definition);
  }

  read(): Grammar {
    for (;;) {
      this.#lexer.skipLines();
      if (this.#lexer.peek().kind === 'end') break;
      this.#statement();
    }
    if (!this.#definitions.has(START)) throw new GrammarError(`there is no rule '${START}'`);
    for (const [name, part] of this.#definitions) this.#checkNames(part, name);
    return { definitions: this.#definitions, ignoresSpace: this.#ignoresSpace };
  }

  #statement(): void {
    if (this.#lexer.takes('%')) return this.#directive();
    const token = this.#lexer.next();
    if (token.kind !== 'name') throw unexpected(token, 'the name of a rule');
    const name = plainName(token.text);
    if (this.#lexer.takes('{')) throw new GrammarError(`the template '${name}': templates are not followed`);
    if (this.#lexer.takes('.')) this.#lexer.next();
    this.#expect(':');
    if (this.#definitions.has(name)) throw new GrammarError(`'${name}' is defined twice`);
    if (this.#definitions.size >= MAX_RULES) throw new GrammarError(`there are more than ${MAX_RULES} rules`);
    this.#definitions.set(name, this.#choice());
    const end = this.#lexer.next();
    if (end.kind !== 'line' && end.kind !== 'end') throw unexpected(end, 'the end of the rule');
  }

  #directive(): void {
    const { text } = this.#lexer.next();
    if (text === 'ignore') {
      this.#ignoresSpace ||= isSpace(this.#choice());
      return;
    }
    if (text !== 'import') throw new GrammarError(`'%${text}' is not followed`);
    const from = this.#lexer.next();
    if (from.text !== 'common') throw new GrammarError(`only '%import common' is followed`);
    if (this.#lexer.takes('(')) {
      do this.#import(this.#lexer.next().text);
      while (this.#lexer.takes(','));
      this.#expect(')');
    } else {
      this.#expect('.');
      const { text: name } = this.#lexer.next();
      this.#import(name, this.#lexer.takes('->') ? this.#lexer.next().text : name);
    }
  }

  #import(name: string, alias = name): void {
    const source = COMMON_TERMINALS.get(name);
    if (source === undefined) throw new GrammarError(`'common' has no terminal '${name.slice(0, 100)}'`);
    this.#definitions.set(alias, { kind: 'pattern', source });
  }

  #choice(): Part {
    if (++this.#depth > MAX_DEPTH)
      throw new GrammarError(`groups are nested more than ${MAX_DEPTH} levels deep`);
    const options = [this.#sequence()];
    while (this.#takesBar()) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  /** Alternatives may begin on lines of their own. */
  #takesBar(): boolean {
    const { kind, text } = this.#lexer.peekBeyondLines();
    if (kind === 'sign' && text === '|') this.#lexer.skipLines();
    return this.#lexer.takes('|');
  }

  #sequence(): Part {
    const parts: Part[] = [];
    for (;;) {
      // Within a group lines mean nothing.
      if (this.#depth > 1) this.#lexer.skipLines();
      const part = this.#item();
      if (!part) break;
      parts.push(part);
    }
    // What a match is called is of no interest.
    if (this.#lexer.takes('->')) this.#lexer.next();
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #item(): Part | undefined {
    const part = this.#atom();
    if (!part) return undefined;
    if (this.#lexer.takes('?')) return { kind: 'repeat', part, min: 0, max: 1 };
    if (this.#lexer.takes('*')) return { kind: 'repeat', part, min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#lexer.takes('+')) return { kind: 'repeat', part, min: 1, max: Number.POSITIVE_INFINITY };
    if (!this.#lexer.takes('~')) return part;
    const min = this.#count();
    const max = this.#lexer.takes('..') ? this.#count() : min;
    if (max < min) throw new GrammarError(`'~${min}..${max}' repeats nothing`);
    return { kind: 'repeat', part, min, max };
  }

  #count(): number {
    const token = this.#lexer.next();
    if (token.kind !== 'number') throw unexpected(token, 'a number');
    const count = Number(token.text);
    if (count > MAX_REPEATS) throw new GrammarError(`parts are repeated at most ${MAX_REPEATS} times`);
    return count;
  }

  #atom(): Part | undefined {
    const token = this.#lexer.peek();
    if (token.kind === 'sign' && (token.text === '(' || token.text === '[')) return this.#group(token.text);
    if (token.kind !== 'name' && token.kind !== 'string' && token.kind !== 'regex') return undefined;
    this.#lexer.next();
    if (token.kind === 'name') {
      if (this.#lexer.takes('{')) throw new GrammarError('templates are not followed');
      return { kind: 'name', name: plainName(token.text) };
    }
    if (token.kind === 'regex') return { kind: 'pattern', source: patternOf(token.text) };
    const text = unquoted(token.text);
    if (!this.#lexer.takes('..')) return { kind: 'text', text };
    const end = this.#lexer.next();
    if (end.kind !== 'string') throw unexpected(end, 'the end of a range');
    return { kind: 'range', from: text, to: unquoted(end.text) };
  }

  #group(opening: string): Part {
    this.#lexer.next();
    const part = this.#choice();
    this.#lexer.skipLines();
    if (opening === '(') {
      this.#expect(')');
      return part;
    }
    this.#expect(']');
    return { kind: 'repeat', part, min: 0, max: 1 };
  }

  #expect(sign: string): void {
    if (!this.#lexer.takes(sign)) throw unexpected(this.#lexer.peek(), `'${sign}'`);
  }

  #checkNames(part: Part, owner: string): void {
    if (part.kind === 'name' && !this.#definitions.has(part.name))
      throw new GrammarError(`'${part.name}' is used in '${owner}' and not defined`);
    if (part.kind === 'sequence') for (const one of part.parts) this.#checkNames(one, owner);
    if (part.kind === 'choice') for (const one of part.options) this.#checkNames(one, owner);
    if (part.kind === 'repeat') this.#checkNames(part.part, owner);
  }
}

/** `!`, `?` and leading underscores say how trees are built; underscores are part of the name. */
const plainName = (name: string): string => name.replace(/^[!?]+/, '');

/** `/a/i` is matched by lower case. */
function patternOf(token: string): string {
  const end = token.lastIndexOf('/');
  const source = token.slice(1, end).replaceAll('\\/', '/');
  if (/\(\?(?:<?[=!])/.test(source))
    throw new GrammarError(`look-around in ${token.slice(0, 100)} is not followed`);
  return source;
}

/** Whether what is ignored can be a space. */
function isSpace(part: Part): boolean {
  if (part.kind === 'name') return /^(?:WS|WS_INLINE|_?WHITESPACE|_?SPACES?)$/.test(part.name);
  if (part.kind === 'text') return part.text === ' ';
  if (part.kind === 'repeat') return isSpace(part.part);
  if (part.kind !== 'pattern') return false;
  try {
    return new RegExp(`^(?:${part.source})$`, 'u').test(' ');
  } catch {
    return false;
  }
}

const unexpected = ({ kind, text, line }: Token, wanted: string): GrammarError =>
  new GrammarError(
    `line ${line}: expected ${wanted}, but found ${kind === 'end' ? 'the end' : kind === 'line' ? 'the end of the line' : `'${text.slice(0, 100)}'`}`,
  );
