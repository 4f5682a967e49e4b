/**
 * Members of the objects inside of a body that OpenAI does not know are refused by their place, as it refuses them. Values are
 * not looked at: what is wrong with them is said where they are read.
 */
import { unknownParameter } from './errors.js';
import { KNOWN_FIELDS } from './known-fields-data.js';
import { paramOf } from './validation.js';

/** A shape that an object can have. */
interface Shape {
  /** Values of `type` that it has; null when it can be without one. Without them it has no `type`, or any. */
  types?: readonly (string | null)[];
  /** Numbers of the nodes of its members' values; -1 where there can be no object, null where any can be. */
  members: Readonly<Record<string, number | null>>;
}

interface Body {
  root: number;
  /** Shapes that the objects of one place can have. */
  nodes: readonly (readonly Shape[])[];
}

type BodyName = 'chat' | 'responses';

/**
 * What is taken beyond OpenAI's: by the names that lead there, and the type of the object, `*` for any member. Messages go back
 * and forth between services whose models think, and OpenAI does not refuse everywhere what it does not know of them.
 */
const BEYOND: Readonly<Record<BodyName, Readonly<Record<string, readonly string[]>>>> = {
  chat: {
    messages: ['*'],
    'messages.audio': ['*'],
    'messages.function_call': ['*'],
    'messages.tool_calls': ['*'],
    'messages.tool_calls.function': ['*'],
    'messages.tool_calls.custom': ['*'],
    // Of OpenRouter and vLLM.
    'messages.content': ['cache_control', 'uuid'],
    tools: ['cache_control'],
    stream_options: ['continuous_usage_stats'],
  },
  responses: {
    // How a picture was made comes with its call.
    'input:image_generation_call': [
      'action',
      'background',
      'output_format',
      'quality',
      'size',
      'revised_prompt',
    ],
    'input:custom_tool_call': ['status'],
    // As OpenAI's guides have it.
    'input:local_shell_call_output': ['call_id'],
  },
};

let parsed: Readonly<Record<BodyName, Body>> | undefined;

/** One that is small is read in a millisecond, and only for the requests that need it. */
const bodyOf = (name: BodyName): Body =>
  (parsed ??= JSON.parse(KNOWN_FIELDS) as Record<BodyName, Body>)[name];

/**
 * Goes through the objects inside of a body; its own members are not checked.
 *
 * @throws ApiError 400 for the first member that nobody knows
 */
export function refuseUnknownFields(name: BodyName, input: Readonly<Record<string, unknown>>): void {
  const { root, nodes } = bodyOf(name);
  const { members } = nodes[root]![0]!;
  for (const [key, value] of Object.entries(input)) {
    const node = Object.hasOwn(members, key) ? members[key] : null;
    if (node != null && node >= 0) new Walk(name, nodes).visit(value, [node], [key]);
  }
}

/**
 * The same for items of a conversation.
 *
 * @param at - the parameter that they came with
 */
export function refuseUnknownItemFields(items: readonly unknown[], at: string): void {
  const { root, nodes } = bodyOf('responses');
  new Walk('responses', nodes, at).visit(items, [nodes[root]![0]!.members.input!], ['input']);
}

class Walk {
  readonly #beyond: Readonly<Record<string, readonly string[]>>;

  /** @param first - what the first name of a path is shown as */
  constructor(
    name: BodyName,
    private readonly nodes: Body['nodes'],
    private readonly first?: string,
  ) {
    this.#beyond = BEYOND[name];
  }

  visit(value: unknown, nodes: readonly number[], path: readonly (string | number)[]): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const [i, one] of value.entries()) this.visit(one, nodes, [...path, i]);
      return;
    }
    const object = value as Readonly<Record<string, unknown>>;
    const type = typeof object.type === 'string' ? object.type : null;
    const shapes = nodes
      .flatMap((node) => this.nodes[node]!)
      .filter(({ types }) => types === undefined || types.includes(type));
    // A type that is not known is told of where it is read.
    if (shapes.length === 0) return;
    for (const [key, member] of Object.entries(object)) {
      const known = shapes.filter(({ members }) => Object.hasOwn(members, key));
      if (known.length === 0) this.#refuse(key, type, path);
      const inner = known.map(({ members }) => members[key] ?? null);
      // Where one shape takes anything, so do all.
      if (inner.every((node) => node !== null))
        this.visit(
          member,
          inner.filter((node) => node >= 0),
          [...path, key],
        );
    }
  }

  #refuse(key: string, type: string | null, path: readonly (string | number)[]): void {
    const place = path.filter((part) => typeof part === 'string').join('.');
    const taken = [...(this.#beyond[place] ?? []), ...(this.#beyond[`${place}:${type}`] ?? [])];
    if (taken.includes(key) || taken.includes('*')) return;
    throw unknownParameter(paramOf([this.first ?? path[0]!, ...path.slice(1), key]));
  }
}
