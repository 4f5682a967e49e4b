/** What a user's words name that a value can be: places, people, numbers, addresses. Each is handed out once. */
import { LEXICON } from '../../../lib/text/lexicon.js';

/** The last characters of a text that are looked at. */
const MAX_CHARACTERS = 2000;

/** Words that a text would begin with a capital anyhow, or that name nothing. */
const PLAIN_WORD =
  /^(?:I|A|An|The|What|How|Is|Are|Do|Does|Can|Could|Please|Tell|Give|Get|Show|In|At|On|My|Who|When|Where|Why|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|November|December)$/;
const CAPITALISED = /^\p{Lu}[\p{L}'’-]+$/u;
const WORD_OR_SIGN = /[\p{L}\p{N}'’-]+|\n|[^\s]/gu;
const SENTENCE_END = /^[.!?\n]$/;
const BEFORE_PLACE = /^(?:in|at|to|from|near|of|for|via|around|over|between|visit|visiting)$/i;
const BEFORE_PERSON = /^(?:named|called|name|am|i'm|user|with|by|customer|contact|mr|mrs|ms|dr)$/i;
const ALSO = /^(?:also|then|even)$/i;
const JOINS = /^(?:and|or|vs|versus|,)$/i;

const NUMBER = /(?<![\w.])-?\d{1,9}(?:\.\d{1,4})?(?![\w.]*\d)/g;

/** What words of a kind look like, wherever they stand. */
const LITERALS = {
  email: /[\w+-]{1,64}(?:\.[\w+-]{1,64}){0,4}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.){1,5}[a-z]{2,24}/gi,
  url: /https?:\/\/[a-z\d](?:[\w\-.~:/?#@!$&*+,;=]|%[\da-f]{2}){0,500}[\w/]/gi,
  uuid: /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi,
  day: /\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow)\b/gi,
  date: /\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])\b/g,
  'date-time': /\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ/g,
  phone: /\+\d[\d -]{6,18}\d/g,
  currency: /\b(?:EUR|USD|GBP|JPY|CHF|CAD|AUD|INR|CNY)\b/g,
  quoted: /"([^"\n]{1,200})"|“([^”\n]{1,200})”/g,
} as const;

/** A kind of literal. */
export type Literal = keyof typeof LITERALS;

interface ProperName {
  readonly text: string;
  readonly kind: 'place' | 'person' | 'open';
  /** The word before it, in small letters. */
  readonly before: string;
  /** The word before that, but for "also" and the like. */
  readonly earlier: string;
}

const NAMES = new Set(LEXICON.names);

/** The user's words as a stock of values. */
export class Said {
  /** All of the words. */
  readonly text: string;
  readonly #end: string;
  readonly #used = new Set<string>();
  #names: readonly ProperName[] | undefined;

  constructor(text: string) {
    this.text = text;
    this.#end = text.slice(-MAX_CHARACTERS);
  }

  /**
   * A place that was named.
   *
   * @param key - the property's name: an origin is what stands after "from", a destination what stands after "to"
   */
  place(key: string): string | undefined {
    const open = this.#unused();
    const places = open.filter(({ kind }) => kind === 'place');
    const after = (word: string) => places.find(({ before }) => before === word);
    const found =
      (/origin|from|source|depart/.test(key) && after('from')) ||
      (/dest|^to$|to_|arriv|target/.test(key) && after('to')) ||
      (/country|nation/.test(key) ? places.at(-1) : places[0]) ||
      open.findLast(({ kind }) => kind === 'open');
    return this.#take(found?.text);
  }

  /** A person who was named. */
  person(): string | undefined {
    const open = this.#unused();
    const found = open.find(({ kind }) => kind === 'person') ?? open.find(({ kind }) => kind === 'open');
    return this.#take(found?.text);
  }

  /** How many places, or people, are named and not yet taken. */
  left(kind: 'place' | 'person'): number {
    return this.#unused().filter((name) => name.kind === kind).length;
  }

  /** The first number that serves. */
  number(serves: (value: number) => boolean): number | undefined {
    for (const { 0: text, index } of this.#end.matchAll(NUMBER)) {
      if (this.#used.has(`#${index}`) || !serves(Number(text))) continue;
      this.#used.add(`#${index}`);
      return Number(text);
    }
    return undefined;
  }

  /** The first of a kind of literal, such as an email address. */
  literal(kind: Literal): string | undefined {
    for (const [whole, straight, curved] of this.#end.matchAll(LITERALS[kind])) {
      const text = straight ?? curved ?? whole;
      if (!this.#used.has(text)) return this.#take(text);
    }
    return undefined;
  }

  /** How many places are named side by side, as in "in Paris and Tokyo" or "in Paris and in Tokyo"; 1 where there is no such list. */
  get placesInList(): number {
    const names = this.#properNames();
    const first = names.findIndex(({ kind }) => kind === 'place');
    if (first === -1) return 1;
    const again = names[first]!.before;
    const joints = names.slice(first + 1).map(({ before, earlier }) => (before === again ? earlier : before));
    const end = joints.findIndex((joint) => !JOINS.test(joint));
    const joined = end === -1 ? joints : joints.slice(0, end);
    return joined.some((joint) => joint !== ',') ? joined.length + 1 : 1;
  }

  #take(text: string | undefined): string | undefined {
    if (text !== undefined) this.#used.add(text);
    return text;
  }

  #unused(): readonly ProperName[] {
    return this.#properNames().filter(({ text }) => !this.#used.has(text));
  }

  #properNames(): readonly ProperName[] {
    this.#names ??= properNamesIn(this.#end);
    return this.#names;
  }
}

/** Capitalised words that do not begin a sentence, or that are names wherever they stand. */
function properNamesIn(text: string): ProperName[] {
  const words = text.match(WORD_OR_SIGN) ?? [];
  const isName = (word: string | undefined): word is string =>
    word !== undefined && CAPITALISED.test(word) && !PLAIN_WORD.test(word);
  const found: ProperName[] = [];
  for (let at = 0; at < words.length; at++) {
    const first = words[at];
    const before = (words[at - 1] ?? '.').toLowerCase();
    if (!isName(first) || (SENTENCE_END.test(before) && !NAMES.has(first))) continue;
    let end = at + 1;
    while (isName(words[end])) end++;
    const kind = JOINS.test(before) ? (found.at(-1)?.kind ?? 'open') : kindOf(before, first);
    const earlier = words
      .slice(Math.max(0, at - 3), Math.max(0, at - 1))
      .findLast((word) => !ALSO.test(word));
    found.push({
      text: words.slice(at, end).join(' '),
      kind,
      before,
      earlier: (earlier ?? '.').toLowerCase(),
    });
    at = end - 1;
  }
  return found;
}

function kindOf(before: string, name: string): ProperName['kind'] {
  if (NAMES.has(name) || BEFORE_PERSON.test(before)) return 'person';
  return BEFORE_PLACE.test(before) ? 'place' : 'open';
}
