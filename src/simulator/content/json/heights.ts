/** How deep the flattest value of a schema is: the way out of a recursive one. */
import {
  isObject,
  type JsonSchema,
  propertiesOf,
  requiredOf,
  resolve,
  SchemaError,
  typesOf,
} from './schema.js';

/** Rounds after which what is not settled counts as endless. */
const MAX_ROUNDS = 64;

/**
 * Heights by schema object. All parts that can be reached are listed once and settled in rounds: a recursive walk would
 * visit the parts of a cycle exponentially often.
 */
export class Heights {
  readonly #root: JsonSchema;
  readonly #known = new Map<object, number>();
  readonly #resolved = new Map<object, unknown>();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  /** Levels below the value, 0 for a scalar; `Infinity` when every value contains another of its kind. */
  of(schema: unknown): number {
    if (!isObject(schema)) return schema === false ? Number.POSITIVE_INFINITY : 0;
    if (!this.#known.has(schema)) this.#settle(schema);
    return this.#known.get(schema)!;
  }

  #settle(schema: JsonSchema): void {
    const parts: JsonSchema[] = [];
    this.#list(schema, parts);
    for (let round = 0, changed = true; changed && round < MAX_ROUNDS; round++) {
      changed = false;
      for (const part of parts) {
        const height = this.#measure(part);
        if (height === this.#known.get(part)) continue;
        this.#known.set(part, height);
        changed = true;
      }
    }
  }

  /** Everything that a height rests on, the innermost first. */
  #list(schema: JsonSchema, into: JsonSchema[]): void {
    const open: { part: JsonSchema; done: boolean }[] = [{ part: schema, done: false }];
    for (let next = open.pop(); next; next = open.pop()) {
      if (next.done) {
        into.push(next.part);
        continue;
      }
      if (this.#known.has(next.part)) continue;
      this.#known.set(next.part, Number.POSITIVE_INFINITY);
      open.push({ part: next.part, done: true });
      for (const child of this.#children(next.part)) {
        if (isObject(child) && !this.#known.has(child)) open.push({ part: child, done: false });
      }
    }
  }

  #children(schema: JsonSchema): unknown[] {
    if (typeof schema.$ref === 'string') return [this.#target(schema)];
    const lists = [schema.anyOf, schema.oneOf, schema.allOf].filter((list) => Array.isArray(list));
    return [...lists.flat(), ...propertiesOf(schema).map(([, property]) => property), schema.items];
  }

  #height(schema: unknown): number {
    if (!isObject(schema)) return schema === false ? Number.POSITIVE_INFINITY : 0;
    return this.#known.get(schema) ?? Number.POSITIVE_INFINITY;
  }

  #measure(schema: JsonSchema): number {
    if ('const' in schema || 'enum' in schema) return 0;
    if (typeof schema.$ref === 'string') return this.#height(this.#target(schema));
    const branches = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(branches)) {
      return branches.reduce<number>(
        (least, one) => Math.min(least, this.#height(one)),
        Number.POSITIVE_INFINITY,
      );
    }
    if (Array.isArray(schema.allOf)) {
      return schema.allOf.reduce<number>((most, part) => Math.max(most, this.#height(part)), 0);
    }
    const types = typesOf(schema);
    if (types.length === 0) return 0;
    return Math.min(...types.map((type) => this.#ofType(schema, type)));
  }

  #ofType(schema: JsonSchema, type: string): number {
    if (type === 'object') {
      const required = new Set(requiredOf(schema));
      return propertiesOf(schema).reduce(
        (most, [name, property]) => (required.has(name) ? Math.max(most, 1 + this.#height(property)) : most),
        1,
      );
    }
    if (type !== 'array') return 0;
    return typeof schema.minItems === 'number' && schema.minItems > 0 ? 1 + this.#height(schema.items) : 0;
  }

  /** What a reference leads to; remembered, as beside other keywords it is a new object each time. */
  #target(schema: JsonSchema): unknown {
    if (this.#resolved.has(schema)) return this.#resolved.get(schema);
    let target: unknown = false;
    try {
      target = resolve(this.#root, schema, []);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
    }
    this.#resolved.set(schema, target);
    return target;
  }
}
