/**
 * Every place of a request that the specification has, with what is wrong there: objects inside of objects, items of lists, and
 * each of several shapes that a value can have.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { requestSchema } from './spec.js';

type Schema = Record<string, unknown>;
type Json = unknown;

/** What a schema says of its values. */
interface Bounds {
  enum?: Json[];
  const?: Json;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

/** One request with one thing in it that is wrong, or right. */
export interface WalkCase {
  /** Where, as errors name it: `tools[0].function.name`. */
  param: string;
  what: string;
  body: object;
  /** The value at that place. */
  value: Json;
  isGood: boolean;
}

/** Nothing that the specification has is that. */
const STRANGERS: readonly Json[] = [{ strange: [true] }, [{ strange: 1 }], true, 'str\u00e4nge', 12.5];
const MAX_DEPTH = 9;

const typesOf = ({ type }: Schema): readonly unknown[] =>
  Array.isArray(type) ? type : type === undefined ? [] : [type];

class Walk {
  readonly #root: Schema;
  readonly #defs: Record<string, Schema>;
  readonly #fits: (body: Json) => boolean;
  readonly cases: WalkCase[] = [];
  #turn = 0;

  constructor(
    schema: Schema,
    /** Places that are not gone into. */
    private readonly isLeftOut: (param: string) => boolean,
  ) {
    this.#root = schema;
    this.#defs = schema['$defs'] as Record<string, Schema>;
    this.#fits = new Ajv2020({ strict: false, validateFormats: false }).compile(schema) as (
      body: Json,
    ) => boolean;
  }

  /** @param body - a request that is answered */
  run(body: object): WalkCase[] {
    this.#visit(this.#alternatives(this.#root), body, (value) => value as object, '', [], 0);
    return this.cases;
  }

  /** A schema without references, conjunctions and disjunctions: the shapes that it allows. */
  #alternatives(schema: Schema, seen: readonly string[] = []): Schema[] {
    const { $ref, allOf, anyOf, oneOf, $defs: _, ...own } = schema as Record<string, unknown>;
    let all: Schema[] = [own];
    const and = (others: Schema[]): void => {
      all = all.flatMap((one) => others.map((other) => merged(one, other)));
    };
    if (typeof $ref === 'string') {
      const name = $ref.slice('#/$defs/'.length);
      if (seen.includes(name)) return [];
      and(this.#alternatives(this.#defs[name]!, [...seen, name]).map((one) => ({ ...one, $name: name })));
    }
    for (const one of (allOf ?? []) as Schema[]) and(this.#alternatives(one, seen));
    const any = (anyOf ?? oneOf) as Schema[] | undefined;
    if (any) and(any.flatMap((one) => this.#alternatives(one, seen)));
    return all;
  }

  /** The least value of a shape. */
  sample(schema: Schema, name = '', depth = 0): Json {
    const { enum: values, const: only, minLength, minimum, maximum, minItems, items } = schema as Bounds;
    const { properties, required } = schema as Bounds;
    if (only !== undefined) return only;
    if (values) return values[0];
    const type = typesOf(schema)[0] ?? (properties ? 'object' : undefined);
    switch (type) {
      case 'string':
        return textFor(name, minLength);
      case 'integer':
        return Math.max(1, minimum ?? 1);
      case 'number':
        return minimum ?? maximum ?? 1;
      case 'boolean':
        return true;
      case 'null':
        return null;
      case 'array': {
        const [first] = items ? this.#alternatives(items) : [];
        const count = Math.max(1, minItems ?? 1);
        return first && depth < MAX_DEPTH
          ? Array.from({ length: count }, () => this.sample(first, name, depth + 1))
          : [];
      }
      case 'object': {
        const made: Record<string, Json> = {};
        for (const key of required ?? []) {
          const property = properties?.[key];
          const [first] = property ? this.#alternatives(property) : [];
          if (first && depth < MAX_DEPTH) made[key] = this.sample(first, key, depth + 1);
        }
        const prefix = ID_PREFIXES[made['type'] as string];
        if (prefix !== undefined && made['id'] === 'a') made['id'] = `${prefix}_a`;
        return { ...made, ...this.#usual(made, properties) };
      }
      default:
        return textFor(name, undefined);
    }
  }

  /** What is needed though the specification does not say so. */
  #usual(made: object, properties: Record<string, Schema> = {}): object {
    const usual: Record<string, Json> = {};
    for (const [key, beside] of Object.entries(USUAL)) {
      const property = properties[key];
      const [first] = property && !(key in made) && beside in properties ? this.#alternatives(property) : [];
      if (first && typesOf(first).includes('string')) usual[key] = this.sample(first, key);
    }
    return usual;
  }

  /** @returns whether it is a case: the specification has the same opinion */
  #add(param: string, what: string, body: object, value: Json, isGood: boolean): boolean {
    if (this.#fits(body) !== isGood) return false;
    this.cases.push({ param, what, body, value, isGood });
    return true;
  }

  #stranger(i: number): Json {
    return STRANGERS[(this.#turn + i) % STRANGERS.length];
  }

  /** @param put - gives the body with a value at this place */
  #visit(
    shapes: readonly Schema[],
    current: Json,
    put: (value: Json) => object,
    param: string,
    seen: readonly string[],
    depth: number,
  ): void {
    if (depth > MAX_DEPTH || this.isLeftOut(param)) return;
    if (param !== '') this.#values(shapes, put, param);
    for (const shape of shapes) {
      const name = shape['$name'] as string | undefined;
      if (name !== undefined && seen.includes(name)) continue;
      const inside = name === undefined ? seen : [...seen, name];
      this.#object(shape, current, put, param, inside, depth);
      this.#items(shape, put, param, inside, depth);
    }
  }

  #object(
    shape: Schema,
    current: Json,
    put: (value: Json) => object,
    param: string,
    seen: readonly string[],
    depth: number,
  ): void {
    const properties = shape['properties'] as Record<string, Schema> | undefined;
    if (!properties) return;
    const base = (
      param === '' ? current : { ...(this.sample(shape) as object), ...fitting(current, shape) }
    ) as Record<string, Json>;
    const isWhole = this.#fits(put(base));
    for (const key of (isWhole ? (shape['required'] ?? []) : []) as string[]) {
      const { [key]: _, ...rest } = base;
      this.#add(join(param, key), 'missing', put(rest), undefined, false);
    }
    for (const [key, property] of Object.entries(properties)) {
      const within = (value: Json): object => put({ ...base, [key]: value });
      this.#visit(this.#alternatives(property), base[key], within, join(param, key), seen, depth + 1);
    }
  }

  #items(
    shape: Schema,
    put: (value: Json) => object,
    param: string,
    seen: readonly string[],
    depth: number,
  ): void {
    const { items, minItems } = shape as { items?: Schema; minItems?: number };
    if (!items) return;
    const shapes = this.#alternatives(items);
    const rest = Array.from({ length: Math.max(0, (minItems ?? 1) - 1) }, () => this.sample(shapes[0]!));
    this.#visit(shapes, undefined, (value) => put([value, ...rest]), `${param}[0]`, seen, depth + 1);
  }

  #values(shapes: readonly Schema[], put: (value: Json) => object, param: string): void {
    if (!shapes.some((shape) => this.#fits(put(this.sample(shape, lastName(param)))))) return;
    // One of them at a time, all in turn: there are thousands of places.
    const wrong = STRANGERS.find((_, i) =>
      this.#add(param, 'type', put(this.#stranger(i)), this.#stranger(i), false),
    );
    if (wrong !== undefined) this.#turn++;
    for (const shape of shapes) {
      const good = this.sample(shape, lastName(param));
      this.#add(param, 'good', put(good), good, true);
      for (const [what, value, isGood] of this.#bounds(shape, good))
        this.#add(param, what, put(value), value, isGood);
    }
  }

  /** Values at the bounds of a shape, and those just beyond. */
  *#bounds(shape: Schema, good: Json): Generator<[what: string, value: Json, isGood: boolean]> {
    const bound = (name: string): number | undefined => shape[name] as number | undefined;
    const values = shape['enum'] as Json[] | undefined;
    if (values) for (const value of values) yield ['enum', value, true];
    const [least, most] = [bound('minimum'), bound('maximum')];
    if (least !== undefined && Math.abs(least) < 2 ** 53) {
      yield ['minimum', least, true];
      yield ['below', least - 1, false];
    }
    if (most !== undefined && most < 2 ** 53) {
      yield ['maximum', most, true];
      yield ['above', most + 1, false];
    }
    const [shortest, longest] = [bound('minLength'), bound('maxLength')];
    if (shortest) yield ['short', 'a'.repeat(shortest - 1), false];
    if (longest !== undefined && longest < 100_000) yield ['long', 'a'.repeat(longest + 1), false];
    const [fewest, items] = [bound('minItems'), bound('maxItems')];
    if (fewest) yield ['few', Array.isArray(good) ? good.slice(0, fewest - 1) : [], false];
    if (items !== undefined && items < 5000 && Array.isArray(good))
      yield ['many', Array.from({ length: items + 1 }, () => good[0] as Json), false];
  }
}

const join = (param: string, key: string): string => (param === '' ? key : `${param}.${key}`);
const lastName = (param: string): string => /([\w-]+)(?:\[0\])*$/.exec(param)?.[1] ?? '';

/** What of a value that is there already is of a shape. */
function fitting(current: Json, shape: Schema): object {
  if (typeof current !== 'object' || current === null || Array.isArray(current)) return {};
  const properties = shape['properties'] as Record<string, Schema>;
  for (const [key, value] of Object.entries(current)) {
    const allowed = properties[key]?.['enum'] as Json[] | undefined;
    if (!(key in properties) || (allowed && !allowed.includes(value))) return {};
  }
  return current;
}

function merged(a: Schema, b: Schema): Schema {
  const properties = { ...(a['properties'] as object), ...(b['properties'] as object) };
  const required = [...((a['required'] ?? []) as string[]), ...((b['required'] ?? []) as string[])];
  return {
    ...a,
    ...b,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  };
}

/** What ids begin with, by the type of what they are of. */
const ID_PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg', reasoning: 'rs', function_call: 'fc', function_call_output: 'fc', custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco', web_search_call: 'ws', file_search_call: 'fs', code_interpreter_call: 'ci',
  image_generation_call: 'ig', computer_call: 'cu', mcp_list_tools: 'mcpl', mcp_call: 'mcp', mcp_approval_request: 'mcpr',
}; // prettier-ignore

/** Members without which an object says nothing, by the member that tells what kind of object it is. */
const USUAL: Readonly<Record<string, string>> = {
  server_url: 'server_label',
  file_data: 'filename',
  image_url: 'detail',
  content: 'refusal',
};

/** Texts that are of a form where the specification only says that they are texts. */
const TEXTS: Readonly<Record<string, string>> = {
  model: 'gpt-4o-mini',
  url: 'https://example.com/a.png',
  image_url: 'https://example.com/a.png',
  file_url: 'https://example.com/a.pdf',
  server_url: 'https://example.com/mcp',
  file_data: 'data:text/plain,a',
  data: 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=',
};

function textFor(name: string, minLength: number | undefined): string {
  return (TEXTS[name] ?? 'a').padEnd(minLength ?? 1, 'a');
}

/** All cases of an operation, by its working example. */
export const walkCases = (
  operationId: string,
  body: object,
  isLeftOut: (param: string) => boolean = () => false,
): WalkCase[] => new Walk(requestSchema(operationId)!, isLeftOut).run(body);
