/** Texts that a Lark grammar gives. */
import type { Random } from '../../../lib/random.js';
import { SchemaError } from '../json/schema.js';
import { Said } from '../json/said.js';
import { stringFor } from '../json/strings.js';
import { type Grammar, type Part, readGrammar } from './grammar.js';
import { GrammarError } from './lexer.js';

/** From this depth, or this length, on the shortest way out is taken. */
const DEEP = 10;
const LONG = 400;
/** How often open repetitions repeat at most, beyond what they must. */
const OPEN_REPEATS = 2;
/** Longest text. */
const MAX_CHARACTERS = 16_384;
const NOTHING_SAID = new Said('');

/**
 * A text of a grammar.
 *
 * @throws GrammarError when the grammar cannot be followed, or gives no text
 */
export const larkText = (definition: string, random: Random): string =>
  new Writer(readGrammar(definition), random).text();

class Writer {
  readonly #grammar: Grammar;
  readonly #random: Random;
  /** Rules below a rule on the shortest way to its end. */
  readonly #heights = new Map<string, number>();
  #written = '';

  constructor(grammar: Grammar, random: Random) {
    this.#grammar = grammar;
    this.#random = random;
    this.#settle();
  }

  text(): string {
    if (this.#heights.get('start') === Number.POSITIVE_INFINITY)
      throw new GrammarError("the rule 'start' never ends");
    this.#write({ kind: 'name', name: 'start' }, 0, false);
    return this.#written;
  }

  /** In rounds until nothing changes: a rule is as high as the lowest of its alternatives. */
  #settle(): void {
    const { definitions } = this.#grammar;
    for (const name of definitions.keys()) this.#heights.set(name, Number.POSITIVE_INFINITY);
    for (let changed = true; changed;) {
      changed = false;
      for (const [name, part] of definitions) {
        const height = 1 + this.#heightOf(part);
        if (height >= this.#heights.get(name)!) continue;
        this.#heights.set(name, height);
        changed = true;
      }
    }
  }

  #heightOf(part: Part): number {
    switch (part.kind) {
      case 'name':
        return this.#heights.get(part.name)!;
      case 'sequence':
        return Math.max(0, ...part.parts.map((one) => this.#heightOf(one)));
      case 'choice':
        return Math.min(...part.options.map((one) => this.#heightOf(one)));
      case 'repeat':
        return part.min === 0 ? 0 : this.#heightOf(part.part);
      default:
        return 0;
    }
  }

  /** @param inTerminal - within a terminal nothing is ignored */
  #write(part: Part, depth: number, inTerminal: boolean): void {
    switch (part.kind) {
      case 'name': {
        const isTerminal = /^_?[A-Z]/.test(part.name);
        if (isTerminal && !inTerminal) this.#separate();
        return this.#write(this.#grammar.definitions.get(part.name)!, depth + 1, inTerminal || isTerminal);
      }
      case 'sequence':
        for (const one of part.parts) this.#write(one, depth, inTerminal);
        return;
      case 'choice':
        return this.#write(this.#pick(part.options, depth), depth, inTerminal);
      case 'repeat': {
        const times = this.#times(part, depth);
        for (let i = 0; i < times; i++) this.#write(part.part, depth, inTerminal);
        return;
      }
      default:
        if (!inTerminal) this.#separate();
        this.#append(this.#plain(part));
    }
  }

  #plain(part: Extract<Part, { kind: 'text' | 'range' | 'pattern' }>): string {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'range') {
      const from = part.from.codePointAt(0) ?? 0;
      const to = part.to.codePointAt(0) ?? from;
      if (to < from) throw new GrammarError(`the range "${part.from}".."${part.to}" is empty`);
      return String.fromCodePoint(from + this.#random.int(to - from + 1));
    }
    try {
      return stringFor({ pattern: part.source }, [], this.#random, NOTHING_SAID);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      throw new GrammarError(`the expression /${part.source.slice(0, 100)}/ cannot be followed`);
    }
  }

  #pick(options: readonly Part[], depth: number): Part {
    const heights = options.map((one) => this.#heightOf(one));
    const least = Math.min(...heights);
    const isFree = depth < DEEP && this.#written.length < LONG;
    const open = options.filter((_, i) =>
      isFree ? heights[i] !== Number.POSITIVE_INFINITY : heights[i] === least,
    );
    return open[this.#random.int(open.length)]!;
  }

  #times({ part, min, max }: Extract<Part, { kind: 'repeat' }>, depth: number): number {
    if (depth >= DEEP || this.#written.length >= LONG || this.#heightOf(part) === Number.POSITIVE_INFINITY)
      return min;
    return min + this.#random.int(Math.min(max - min, OPEN_REPEATS) + 1);
  }

  /** One space where the grammar ignores them, so that words do not run together. */
  #separate(): void {
    if (this.#grammar.ignoresSpace && this.#written !== '' && !/\s$/.test(this.#written)) this.#append(' ');
  }

  #append(text: string): void {
    this.#written += text;
    if (this.#written.length > MAX_CHARACTERS)
      throw new GrammarError(`its texts are longer than ${MAX_CHARACTERS} characters`);
  }
}
