/** Values that fit a JSON Schema, decided by a seed. */
import type { Random } from '../../../lib/random.js';
import { prose } from '../../../lib/text/prose.js';
import { Heights } from './heights.js';
import { numberFor } from './numbers.js';
import { Said } from './said.js';
import {
  isObject,
  type JsonSchema,
  own,
  propertiesOf,
  requiredOf,
  resolve,
  SchemaError,
  typesOf,
} from './schema.js';
import { listedAs, stringFor } from './strings.js';

/** Beyond this depth the shortest way out is taken: no optional property, the fewest items, the flattest branch. */
const SOFT_DEPTH = 5;
/** Beyond this depth there is none. */
const HARD_DEPTH = 64;
const MAX_NESTING = 256;
/** Most values in one document. */
const MAX_VALUES = 20_000;
const MAX_ITEMS = 1000;
/** Share of the optional properties that are given. */
const OPTIONAL_SHARE = 0.6;

/** What else decides a value. */
export interface GenerateOptions {
  random: Random;
  /** The user's words: values that they name are preferred, and taken where more than one document takes from them. */
  context: string | Said;
}

/**
 * A value for a schema.
 *
 * @param root - the schema; references in it may be recursive
 * @throws SchemaError when there is no such value, or only one beyond our bounds
 */
export function generateValue(root: JsonSchema, options: GenerateOptions): unknown {
  return new Generator(root, options).value(root, [], 0);
}

class Generator {
  readonly #root: JsonSchema;
  readonly #random: Random;
  readonly #said: Said;
  readonly #lowerContext: string;
  readonly #heights: Heights;
  #values = 0;
  /** Levels of schemas, those that add no level to the value among them. */
  #nesting = 0;

  constructor(root: JsonSchema, { random, context }: GenerateOptions) {
    this.#root = root;
    this.#random = random;
    this.#said = typeof context === 'string' ? new Said(context) : context;
    this.#lowerContext = this.#said.text.toLowerCase();
    this.#heights = new Heights(root);
  }

  value(schema: unknown, path: readonly string[], depth: number): unknown {
    this.#nesting++;
    const value = this.#value(schema, path, depth);
    this.#nesting--;
    return value;
  }

  #value(schema: unknown, path: readonly string[], depth: number): unknown {
    if (++this.#values > MAX_VALUES)
      throw new SchemaError(path, `a value would have more than ${MAX_VALUES} parts.`);
    if (depth > HARD_DEPTH || this.#nesting > MAX_NESTING)
      throw new SchemaError(path, `a value would be nested more than ${HARD_DEPTH} deep.`);
    if (schema === true || schema === undefined) return this.#anything();
    if (!isObject(schema)) throw new SchemaError(path, 'schema must be an object.');
    const found = merged(this.#root, resolve(this.#root, schema, path), path);
    if ('const' in found) return found.const;
    if (Array.isArray(found.enum)) return this.#oneOf(found.enum, path);
    const branches = found.anyOf ?? found.oneOf;
    if (Array.isArray(branches)) return this.#branch(found, branches, path, depth);
    return this.#typed(found, this.#type(found, depth), path, depth);
  }

  #typed(schema: JsonSchema, type: string | undefined, path: readonly string[], depth: number): unknown {
    switch (type) {
      case 'object':
        return this.#object(schema, path, depth);
      case 'array':
        return this.#array(schema, path, depth);
      case 'string':
        return stringFor(schema, path, this.#random, this.#said);
      case 'integer':
      case 'number':
        return numberFor(schema, type, path, this.#random, this.#said);
      case 'boolean':
        return this.#random.int(2) === 1;
      case 'null':
        return null;
      case undefined:
        return this.#anything();
      default:
        throw new SchemaError(path, `'${type.slice(0, 100)}' is not a valid type.`);
    }
  }

  /** Of several types, seldom null; null or a scalar where it is deep already. */
  #type(schema: JsonSchema, depth: number): string | undefined {
    const types = typesOf(schema);
    if (types.length <= 1) return types[0];
    const flat = types.filter((type) => type !== 'object' && type !== 'array');
    if (depth > SOFT_DEPTH && flat.length > 0) return flat[0];
    const solid = types.filter((type) => type !== 'null');
    return this.#random.next() < 0.1 && types.includes('null')
      ? 'null'
      : solid[this.#random.int(solid.length)];
  }

  /** A value that the user named, or any. */
  #oneOf(values: readonly unknown[], path: readonly string[]): unknown {
    if (values.length === 0) throw new SchemaError(path, 'enum must have at least one value.');
    const any = values[this.#random.int(values.length)];
    const named = values.find(
      (value) =>
        typeof value === 'string' && value.length > 1 && this.#lowerContext.includes(value.toLowerCase()),
    );
    return named ?? any;
  }

  #branch(schema: JsonSchema, branches: readonly unknown[], path: readonly string[], depth: number): unknown {
    const { anyOf: _any, oneOf: _one, ...beside } = schema;
    const usable = branches.filter((branch) => Number.isFinite(this.#heights.of(branch)));
    if (usable.length === 0)
      throw new SchemaError(path, 'no branch of it ends: every one refers back to itself.');
    const flattest = Math.min(...usable.map((branch) => this.#heights.of(branch)));
    const open =
      depth > SOFT_DEPTH ? usable.filter((branch) => this.#heights.of(branch) === flattest) : usable;
    const chosen = open[this.#random.int(open.length)];
    const keywords = Object.keys(beside).filter((key) => !ANNOTATIONS.has(key));
    const all = keywords.length > 0 && isObject(chosen) ? { ...beside, allOf: [chosen] } : chosen;
    return this.value(all, path, depth);
  }

  #object(schema: JsonSchema, path: readonly string[], depth: number): unknown {
    const required = requiredOf(schema);
    const wanted = new Set(required);
    const entries: [string, unknown][] = [];
    const properties = propertiesOf(schema);
    const valueOf = (name: string, property: unknown): unknown =>
      this.value(property, [...path, 'properties', name], depth + 1);
    // A list of people has all who were named, before a name takes one of them.
    const people = properties.filter(([name, property]) => wanted.has(name) && isPeople(name, property));
    const ahead = new Map(people.map(([name, property]) => [name, valueOf(name, property)]));
    for (const [name, property] of properties) {
      const keeps = wanted.has(name) || (this.#random.next() < OPTIONAL_SHARE && depth < SOFT_DEPTH);
      if (keeps && (wanted.has(name) || Number.isFinite(this.#heights.of(property)))) {
        entries.push([name, ahead.has(name) ? ahead.get(name) : valueOf(name, property)]);
      }
    }
    const named = new Set(properties.map(([name]) => name));
    const more = this.#extraNames(schema, required, named, entries.length);
    const { additionalProperties } = schema;
    for (const name of more) {
      if (additionalProperties === false)
        throw new SchemaError(path, `Extra required key '${name}' supplied.`);
      entries.push([name, this.value(additionalProperties, [...path, name], depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  /** Names beside those of `properties`: what is required, what a map of values has, what `minProperties` needs. */
  #extraNames(
    schema: JsonSchema,
    required: readonly string[],
    named: ReadonlySet<string>,
    count: number,
  ): string[] {
    const names = required.filter((name) => !named.has(name));
    const least = typeof schema.minProperties === 'number' ? Math.min(schema.minProperties, MAX_ITEMS) : 0;
    const mapped = isObject(schema.additionalProperties) && named.size === 0 ? 1 + this.#random.int(2) : 0;
    for (let i = 1; count + names.length < Math.max(least, mapped); i++) {
      const name = `key_${i}`;
      if (!named.has(name) && !names.includes(name)) names.push(name);
    }
    return names;
  }

  #array(schema: JsonSchema, path: readonly string[], depth: number): unknown {
    const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const least = typeof schema.minItems === 'number' ? schema.minItems : prefix.length;
    const most = typeof schema.maxItems === 'number' ? schema.maxItems : MAX_ITEMS;
    if (least > Math.min(most, MAX_ITEMS)) {
      throw new SchemaError(path, `no array of ${least} to ${Math.min(most, MAX_ITEMS)} items can be made.`);
    }
    const isShort = depth > SOFT_DEPTH || schema.items === false;
    const wanted = isShort ? least : Math.max(least, this.#named(path) || 1 + this.#random.int(3));
    const endless = isObject(schema.items) && !Number.isFinite(this.#heights.of(schema.items));
    const count = endless ? least : Math.min(wanted, most);
    const items: unknown[] = [];
    const seen = new Set<string>();
    for (let tries = 0; items.length < count && tries < count * 8 + 8; tries++) {
      const at = items.length;
      const item = this.value(at < prefix.length ? prefix[at] : schema.items, [...path, 'items'], depth + 1);
      const text = JSON.stringify(item);
      if (schema.uniqueItems === true && seen.has(text)) continue;
      seen.add(text);
      items.push(item);
    }
    if (items.length < least) throw new SchemaError(path, `there are not ${least} different items.`);
    return items;
  }

  /** How many of what a list is for the user named, if anybody can tell. */
  #named(path: readonly string[]): number {
    const kind = path.at(-2) === 'properties' ? listedAs(path.at(-1)!) : undefined;
    return kind ? this.#said.left(kind) : 0;
  }

  #anything(): unknown {
    return prose(this.#random, 2 + this.#random.int(5));
  }
}

const isPeople = (name: string, property: unknown): boolean =>
  isObject(property) && typesOf(property).includes('array') && listedAs(name) === 'person';

/** Keywords that do not say which values fit. */
const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', '$defs', 'definitions', '$schema', '$id', '$comment', 'discriminator']); // prettier-ignore

/** A schema with its `allOf` folded in: properties and required names of all, of other keywords the latest. */
function merged(root: JsonSchema, schema: JsonSchema, path: readonly string[], depth = 0): JsonSchema {
  if (!Array.isArray(schema.allOf)) return schema;
  if (depth > HARD_DEPTH) throw new SchemaError(path, "its 'allOf' refers back to itself.");
  const { allOf, ...own_ } = schema;
  let all: Record<string, unknown> = own_;
  for (const part of allOf) {
    if (!isObject(part)) continue;
    const other = merged(root, resolve(root, part, path), path, depth + 1);
    all = {
      ...all,
      ...other,
      ...(isObject(all.properties) && isObject(other.properties)
        ? { properties: { ...all.properties, ...other.properties } }
        : {}),
      required: [...new Set([...requiredOf(all), ...requiredOf(other)])],
      ...(isObject(own(all, '$defs')) ? { $defs: all.$defs } : {}),
    };
  }
  return all;
}
