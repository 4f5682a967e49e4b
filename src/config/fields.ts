/** Building blocks of the configuration schema: values as people write them, parsed to what the code uses. */
import * as z from 'zod';
import { DURATION_PATTERN, parseDurationMs } from '../lib/duration.js';

/** What a setting says about itself beyond its type; the source of help texts and reference documentation. */
export interface SettingMeta {
  /** One sentence, imperative or nominal, without a full stop. */
  summary: string;
  /** Heading under which help and documentation list it. */
  group: string;
  /** Single-letter flag. */
  char?: string | undefined;
  /** Given several times on the command line; a list in a file; comma-separated in the environment. */
  repeatable?: boolean;
  /** How the value is written in help, e.g. `<duration>`. */
  valueName?: string;
  /** Never printed or stored. */
  secret?: boolean;
  /** Another key by which variables may name it. */
  variableAlias?: string;
}

/** Where each setting keeps its {@link SettingMeta}. */
export const settingRegistry = z.registry<SettingMeta>();

/** Attaches {@link SettingMeta} to a schema. Apply it last: zod's methods return new schemas. */
export function setting<S extends z.ZodType>(schema: S, meta: SettingMeta): S {
  settingRegistry.add(schema, meta);
  return schema;
}

/** What a value is, beyond what zod's own types tell: the source of help, reference documentation and JSON Schema. */
export type FieldKind =
  | { type: 'text'; jsonSchema: Record<string, unknown> }
  | { type: 'choice'; choices: readonly string[] }
  | { type: 'integer'; min: number; max: number; words?: readonly string[] }
  | { type: 'number'; min?: number; max?: number; above?: number }
  | { type: 'duration'; bareUnit: 'ms' | 's' }
  | { type: 'boolean'; words?: readonly string[] };

/** Where each builder of this file keeps its {@link FieldKind}. */
export const kindRegistry = z.registry<FieldKind>();

function kind<S extends z.ZodType>(schema: S, fieldKind: FieldKind): S {
  kindRegistry.add(schema, fieldKind);
  return schema;
}

/** Text that matches a pattern, or any text that is not empty. */
export function text(pattern?: RegExp, error?: string) {
  const filled = z.string({ error: 'expected a text' }).min(1, { error: 'must not be empty' });
  if (!pattern) return kind(filled, { type: 'text', jsonSchema: { type: 'string', minLength: 1 } });
  return kind(filled.regex(pattern, error === undefined ? {} : { error }), {
    type: 'text',
    jsonSchema: { type: 'string', pattern: pattern.source },
  });
}

/** An http or https URL. */
export function httpUrl() {
  return kind(z.url({ protocol: /^https?$/, error: 'expected a URL such as http://localhost:8000' }), {
    type: 'text',
    jsonSchema: { type: 'string', format: 'uri', pattern: '^https?://' },
  });
}

/** A number of tokens or a distribution of them; a plain number of a file becomes text. */
export function tokenLength() {
  return kind(
    z
      .union([z.number(), z.string().min(1)], {
        error: 'expected a number or a distribution such as normal(550,50)',
      })
      .transform(String),
    { type: 'text', jsonSchema: { type: ['string', 'integer'] } },
  );
}

/** One of a few words. */
export function choice<const C extends readonly [string, ...string[]]>(choices: C) {
  return kind(z.enum(choices, { error: `expected one of ${choices.join(', ')}` }), {
    type: 'choice',
    choices,
  });
}

/** Any number of values: a repeated flag, a list in a file, comma-separated or a JSON array in a variable. */
export function list<S extends z.ZodType<string>>(item: S) {
  return z.array(item, { error: 'expected a list' });
}

/**
 * A duration; parsed to milliseconds.
 *
 * @param bareUnit - the unit of a plain number
 */
export function duration(bareUnit: 'ms' | 's') {
  const error = `expected a duration such as ${bareUnit === 'ms' ? '50ms' : '30s'} or 1.5m (a plain number is in ${bareUnit})`;
  // The error is on each part too: a union passes on the issue of the one part whose type fits.
  const written = z.string().trim().regex(DURATION_PATTERN, { error });
  return kind(
    z
      .union([z.number().nonnegative({ error }), written], { error })
      .transform((value) => parseDurationMs(value, bareUnit)!),
    { type: 'duration', bareUnit },
  );
}

/** The same, above zero. */
export function positiveDuration(bareUnit: 'ms' | 's') {
  const above = duration(bareUnit).refine((ms) => ms > 0, { error: 'must be above 0' });
  return kind(above, { type: 'duration', bareUnit });
}

// Not z.coerce: it makes 0 of an empty text, of null and of [], and 1 of true.
const numeric = (error: string) =>
  z.union(
    [
      z.number(),
      z
        .string()
        .trim()
        .regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, { error })
        .transform(Number),
    ],
    { error },
  );

const wholeNumber = (min: number, max: number) =>
  numeric('expected a whole number').pipe(
    z
      .int({ error: 'expected a whole number' })
      .min(min, { error: `must be at least ${min}` })
      .max(max, { error: `must be at most ${max}` }),
  );

/** A whole number within bounds; strings from flags and variables are accepted. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return kind(wholeNumber(min, max), { type: 'integer', min, max });
}

/** A number above zero; strings from flags and variables are accepted. */
export function positive() {
  const above = z.number({ error: 'expected a number' }).positive({ error: 'must be above 0' });
  return kind(numeric('expected a number').pipe(above), { type: 'number', above: 0 });
}

/** A number of at least zero; strings from flags and variables are accepted. */
export function nonNegative() {
  const atLeast = z.number({ error: 'expected a number' }).min(0, { error: 'must be at least 0' });
  return kind(numeric('expected a number').pipe(atLeast), { type: 'number', min: 0 });
}

/** A share: a number from 0 to 1; strings from flags and variables are accepted. */
export function share() {
  const error = 'expected a number from 0 to 1';
  return kind(numeric(error).pipe(z.number({ error }).min(0, { error }).max(1, { error })), {
    type: 'number',
    min: 0,
    max: 1,
  });
}

/** `auto`, or a number of threads. */
export function threads() {
  return kind(
    z.union([z.literal('auto'), wholeNumber(1, 256)], {
      error: 'expected "auto" or a whole number from 1 to 256',
    }),
    { type: 'integer', min: 1, max: 256, words: ['auto'] },
  );
}

const onOrOff = () => z.union([z.boolean(), z.stringbool()], { error: 'expected true or false' });

/** A switch; `true`/`false`/`1`/`0`/`yes`/`no` from a variable. */
export function toggle() {
  return kind(onOrOff(), { type: 'boolean' });
}

/** A switch, or `auto`. */
export function autoToggle() {
  return kind(z.union([z.literal('auto'), onOrOff()], { error: 'expected auto, true or false' }), {
    type: 'boolean',
    words: ['auto'],
  });
}
