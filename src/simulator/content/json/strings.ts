/** Strings that fit a format, a pattern, a length, or at least the name of what they are for. */
import randexp from 'randexp';
import { LEXICON } from '../../../lib/text/lexicon.js';
import { prose } from '../../../lib/text/prose.js';
import type { Random } from '../../../lib/random.js';
import type { Literal, Said } from './said.js';
import { type JsonSchema, SchemaError } from './schema.js';

// Its types say that the class is the module's `default`; in fact it is the module itself.
const RandExp = randexp as unknown as typeof randexp.default;

/** Most characters of one string. */
const MAX_CHARACTERS = 16_384;
/** Longest pattern that is followed, and most repetitions of one of its parts. */
const MAX_PATTERN = 1000;
/** What `*` and `+` repeat at most. */
const OPEN_REPEATS = 6;

/** Characters beside ASCII that a pattern which names one can be answered with. */
const LETTERS = { from: 0xa1, to: 0x24f } as const;

const pick = <T>(random: Random, from: readonly T[]): T => from[random.int(from.length)]!;
const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.int(10)).join('');
const hex = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.int(16).toString(16)).join('');
const two = (value: number): string => String(value).padStart(2, '0');

const word = (random: Random): string => pick(random, LEXICON.nouns);
const name = (random: Random): string => pick(random, LEXICON.names);
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const date = (random: Random): string =>
  `${2020 + random.int(10)}-${two(1 + random.int(12))}-${two(1 + random.int(28))}`;
const time = (random: Random): string =>
  `${two(random.int(24))}:${two(random.int(60))}:${two(random.int(60))}`;
const host = (random: Random): string => `${word(random)}.example.com`;
const uuid = (random: Random): string =>
  `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${pick(random, ['8', '9', 'a', 'b'])}${hex(random, 3)}-${hex(random, 12)}`;
const email = (random: Random): string => `${name(random).toLowerCase()}@${host(random)}`;
const url = (random: Random): string => `https://${host(random)}/${word(random)}`;

/** The formats that OpenAI supports, and those that other servers do. */
const FORMATS: Readonly<Record<string, (random: Random) => string>> = {
  'date-time': (random) => `${date(random)}T${time(random)}Z`,
  date,
  time: (random) => `${time(random)}Z`,
  duration: (random) => `P${1 + random.int(30)}DT${random.int(24)}H`,
  email,
  hostname: host,
  ipv4: (random) => `192.0.2.${random.int(256)}`,
  ipv6: (random) => `2001:db8::${hex(random, 1 + random.int(4)).replace(/^0+(?=.)/, '')}`,
  uuid,
  uri: url,
  url,
};

const CITIES = [
  'Paris',
  'Tokyo',
  'Berlin',
  'London',
  'Madrid',
  'Chicago',
  'Toronto',
  'Sydney',
  'Cairo',
  'Lima',
];
const COUNTRIES = [
  'France',
  'Japan',
  'Germany',
  'Spain',
  'Canada',
  'Brazil',
  'India',
  'Kenya',
  'Norway',
  'Peru',
];

const literal =
  (kind: Literal) =>
  (said: Said): string | undefined =>
    said.literal(kind);

/** What a property holds: what the user said of it, otherwise something that such a property usually holds. */
interface Meaning {
  readonly said?: (said: Said, key: string) => string | undefined;
  readonly madeUp: (random: Random) => string;
  /** What a list of them has as many of as were named. */
  readonly listed?: 'place' | 'person';
}

const place = (said: Said, key: string): string | undefined => said.place(key);
const person = (said: Said): string | undefined => said.person();

const PLACE = /city|cities|location|place|destination|origin/;

/** Whether a property of this name holds a place. */
export const namesPlace = (property: string): boolean => PLACE.test(property.toLowerCase());

/** By a part of the property's name. The first that fits counts. */
const BY_NAME: readonly (readonly [RegExp, Meaning])[] = [
  [/e_?mail/, { said: literal('email'), madeUp: email }],
  [/uuid|guid/, { said: literal('uuid'), madeUp: uuid }],
  [/url|uri|link|website/, { said: literal('url'), madeUp: url }],
  [/phone/, { said: literal('phone'), madeUp: (random) => `+1-555-01${digits(random, 2)}` }],
  [/zip|postal/, { madeUp: (random) => digits(random, 5) }],
  [
    /date(?!.*time)|birthday|dob|^day$/,
    { said: (said) => said.literal('date') ?? said.literal('day'), madeUp: date },
  ],
  [/time|_at$/, { said: literal('date-time'), madeUp: (random) => `${date(random)}T${time(random)}Z` }],
  [PLACE, { said: place, madeUp: (random) => pick(random, CITIES), listed: 'place' }],
  [/country|nation/, { said: place, madeUp: (random) => pick(random, COUNTRIES), listed: 'place' }],
  [/currency/, { said: literal('currency'), madeUp: (random) => pick(random, ['EUR', 'USD', 'JPY', 'GBP']) }],
  [/lang|locale/, { madeUp: (random) => pick(random, ['en', 'fr', 'de', 'es']) }],
  [/colou?r/, { madeUp: (random) => pick(random, ['red', 'green', 'blue', 'yellow']) }],
  [
    /(^|_|first|last|full|user)_?name$|author|person|participant|attendee|people|customer/,
    { said: person, madeUp: name, listed: 'person' },
  ],
  [/(^|_)id$|Id$/, { madeUp: (random) => `${word(random)}-${digits(random, 4)}` }],
  [
    /title|label|topic|subject|category|tag/,
    { said: literal('quoted'), madeUp: (random) => capitalised(word(random)) },
  ],
  [/code|sku/, { madeUp: (random) => hex(random, 8).toUpperCase() }],
];

/** Formats whose values can stand in a text as they are. */
const LITERAL_FORMATS: Readonly<Record<string, Literal>> = {
  'date-time': 'date-time',
  date: 'date',
  email: 'email',
  uuid: 'uuid',
  uri: 'url',
  url: 'url',
};

/**
 * A string for a schema.
 *
 * @param schema - its string keywords count
 * @param path - where it is; the last key may say what it is about
 * @param random - decides it
 * @param said - the user's words: a value may be taken from them
 * @throws SchemaError when no string can be made for it
 */
export function stringFor(schema: JsonSchema, path: readonly string[], random: Random, said: Said): string {
  const { format, pattern } = schema;
  if (typeof pattern === 'string') return fromPattern(pattern, path, random);
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) {
    const kind = LITERAL_FORMATS[format];
    return (kind && said.literal(kind)) ?? FORMATS[format]!(random);
  }
  return ofLength(schema, path, free(nameOf(path), random, said), random);
}

/** The name of the property that a path leads to, or that holds the list that it leads into. */
function nameOf(path: readonly string[]): string {
  const inList = path.at(-1) === 'items' && path.at(-2) !== 'properties';
  return (inList ? path.at(-2) : path.at(-1)) ?? '';
}

const meaningOf = (key: string): Meaning | undefined => BY_NAME.find(([names]) => names.test(key))?.[1];

/** Of what a list of this name has as many as were named; undefined for lists of anything else. */
export const listedAs = (property: string): Meaning['listed'] => meaningOf(property.toLowerCase())?.listed;

function free(about: string, random: Random, said: Said): string {
  const key = about.toLowerCase();
  const meaning = meaningOf(key);
  if (meaning) return meaning.said?.(said, key) ?? meaning.madeUp(random);
  if (/query|search|question|prompt|keyword/.test(key) && said.text !== '') return said.text.slice(0, 200);
  return said.literal('quoted') ?? prose(random, 2 + random.int(7));
}

function ofLength(schema: JsonSchema, path: readonly string[], text: string, random: Random): string {
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0;
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : MAX_CHARACTERS;
  if (least > Math.min(most, MAX_CHARACTERS)) {
    throw new SchemaError(
      path,
      `no string of ${least} to ${Math.min(most, MAX_CHARACTERS)} characters can be made.`,
    );
  }
  let longer = text;
  while (longer.length < least) longer += ` ${word(random)}`;
  if (longer.length <= most && longer.length <= Math.max(text.length, least)) return longer;
  return [...longer].slice(0, longer.length > text.length ? Math.max(least, 0) : Math.floor(most)).join('');
}

function fromPattern(pattern: string, path: readonly string[], random: Random): string {
  if (pattern.length > MAX_PATTERN)
    throw new SchemaError(path, `pattern is longer than ${MAX_PATTERN} characters.`);
  if (/\(\?(?:<?[=!])/.test(pattern)) throw new SchemaError(path, "'pattern' may not look ahead or behind.");
  if (/\\[1-9]/.test(pattern.replaceAll('\\\\', ''))) {
    throw new SchemaError(path, "'pattern' may not refer back to a group.");
  }
  let expression: InstanceType<typeof RandExp>;
  try {
    expression = new RandExp(pattern);
  } catch {
    throw new SchemaError(path, "'pattern' is not a regular expression.");
  }
  expression.max = OPEN_REPEATS;
  expression.randInt = (from, to) => from + random.int(to - from + 1);
  if (/[^\0-~]/.test(pattern)) expression.defaultRange.add(LETTERS.from, LETTERS.to);
  if (repeats((expression as unknown as { tokens: PatternPart }).tokens) > MAX_CHARACTERS)
    throw new SchemaError(path, "'pattern' needs too long a text.");
  return expression.gen();
}

interface PatternPart {
  stack?: PatternPart[];
  options?: PatternPart[][];
  value?: unknown;
  min?: number;
  max?: number;
}

/** How many characters an expression can give at most, open repetitions counted with their limit. */
function repeats(part: unknown): number {
  const { stack, options, value, min, max } = part as PatternPart;
  const sum = (parts: readonly PatternPart[]): number =>
    parts.reduce((total, one) => total + repeats(one), 0);
  if (min !== undefined && max !== undefined) {
    const times = max === Number.POSITIVE_INFINITY ? min + OPEN_REPEATS : max;
    return times * repeats(value);
  }
  if (options) return Math.max(0, ...options.map(sum));
  return stack ? sum(stack) : 1;
}
