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
  char?: string;
  /** Given several times on the command line; a list in a file; comma-separated in the environment. */
  repeatable?: boolean;
  /** How the value is written in help, e.g. `<duration>`. */
  valueName?: string;
  /** Never printed or stored. */
  secret?: boolean;
}

/** Where each setting keeps its {@link SettingMeta}. */
export const settingRegistry = z.registry<SettingMeta>();

/** Attaches {@link SettingMeta} to a schema. Apply it last: zod's methods return new schemas. */
export function setting<S extends z.ZodType>(schema: S, meta: SettingMeta): S {
  settingRegistry.add(schema, meta);
  return schema;
}

/**
 * A duration; parsed to milliseconds.
 *
 * @param bareUnit - the unit of a plain number
 */
export function duration(bareUnit: 'ms' | 's') {
  return z
    .union([z.number().nonnegative(), z.string().regex(DURATION_PATTERN)], {
      error: `expected a duration such as ${bareUnit === 'ms' ? '50ms' : '30s'} or 1.5m (a plain number is in ${bareUnit})`,
    })
    .transform((value) => parseDurationMs(value, bareUnit)!);
}

/** A whole number within bounds; strings from flags and variables are accepted. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z.coerce
    .number({ error: 'expected a whole number' })
    .int({ error: 'expected a whole number' })
    .min(min, { error: `must be at least ${min}` })
    .max(max, { error: `must be at most ${max}` });
}

/** A number above zero; strings from flags and variables are accepted. */
export function positive() {
  return z.coerce.number({ error: 'expected a number' }).positive({ error: 'must be above 0' });
}

/** `auto`, or a number of threads. */
export function threads() {
  return z.union([z.literal('auto'), integer(1, 256)], { error: 'expected "auto" or a whole number from 1 to 256' });
}

/** A switch; `true`/`false`/`1`/`0`/`yes`/`no` from a variable. */
export function toggle() {
  return z.union([z.boolean(), z.stringbool()], { error: 'expected true or false' });
}
