/** Numbers within a schema's bounds. */
import type { Random } from '../../../lib/random.js';
import type { Said } from './said.js';
import { type JsonSchema, SchemaError } from './schema.js';

/** How far from its one bound a number is when the other is open. */
const OPEN_SPAN = 100;
/** Bounds from here on are those of a type, such as integers of 32 bits or those that are exact. */
const TYPE_BOUND = 2 ** 31 - 1;
/** Multiples that are tried: of a decimal fraction not every one is exact in binary. */
const TRIES = 64;

const numeric = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/**
 * A number for a schema.
 *
 * @throws SchemaError when there is none between the bounds
 */
export function numberFor(
  schema: JsonSchema,
  type: 'integer' | 'number',
  path: readonly string[],
  random: Random,
  said: Said,
): number {
  const step = numeric(schema.multipleOf) ?? (type === 'integer' ? 1 : 0.01);
  const { low, high } = bounds(schema, step);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  if (!(step > 0) || first > last || !Number.isFinite(first) || !Number.isFinite(last))
    return between(schema, type, path);
  const named = fromWords(said, low, high, step, schema);
  if (named !== undefined) return named;
  const start = random.int(last - first + 1);
  for (let i = 0; i < Math.min(TRIES, last - first + 1); i++) {
    const value = rounded((first + ((start + i) % (last - first + 1))) * step);
    if (fits(value, schema, type)) return value;
  }
  return between(schema, type, path);
}

function bounds(schema: JsonSchema, step: number): { low: number; high: number } {
  const low = Math.max(
    numeric(schema.minimum) ?? Number.NEGATIVE_INFINITY,
    numeric(schema.exclusiveMinimum) ?? Number.NEGATIVE_INFINITY,
  );
  const high = Math.min(
    numeric(schema.maximum) ?? Number.POSITIVE_INFINITY,
    numeric(schema.exclusiveMaximum) ?? Number.POSITIVE_INFINITY,
  );
  const span = Math.max(OPEN_SPAN, step * 2);
  // What only says what a type can hold says nothing: a number between is wanted, not the least of all.
  if (low <= -TYPE_BOUND && high >= TYPE_BOUND) return { low: 1, high: 1 + span };
  if (Number.isFinite(low) && low > -TYPE_BOUND)
    return { low, high: Math.min(high, low + Math.max(span, 0)) };
  if (Number.isFinite(high))
    return { low: Math.max(low, high >= 1 && high <= span ? Math.min(1, high) : high - span), high };
  return { low: 1, high: 1 + span };
}

/** Without the noise of binary fractions: 0.1 × 3 is 0.3. */
const rounded = (value: number): number => Number(value.toPrecision(12));

function fits(value: number, schema: JsonSchema, type: 'integer' | 'number'): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (type === 'integer' && !Number.isInteger(value)) return false;
  if (typeof minimum === 'number' && value < minimum) return false;
  if (typeof maximum === 'number' && value > maximum) return false;
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) return false;
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) return false;
  return typeof multipleOf !== 'number' || Number.isInteger(value / multipleOf);
}

/** Bounds that no step falls between may still have a number between them. */
function between(schema: JsonSchema, type: 'integer' | 'number', path: readonly string[]): number {
  const { low, high } = bounds(schema, Number.MIN_VALUE);
  for (const value of [low, (low + high) / 2, high, 0]) if (fits(value, schema, type)) return value;
  throw new SchemaError(path, 'there is no number within its bounds.');
}

/** The first number of the user's words that fits and was not taken. */
function fromWords(
  said: Said,
  low: number,
  high: number,
  step: number,
  schema: JsonSchema,
): number | undefined {
  const bounded = 'minimum' in schema || 'maximum' in schema || step !== 1;
  if (bounded && low > high) return undefined;
  return said.number((value) => fits(value, schema, step === 1 ? 'integer' : 'number'));
}
