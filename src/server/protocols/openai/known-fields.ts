/**
 * Members of the objects inside of a body that OpenAI does not know are refused by their place, as it refuses them. Values are
 * not looked at: what is wrong with them is said where they are read.
 */
import { unknownParameter } from './errors.js';
import { rootOf, type Shape, shapesOf } from './request-shapes.js';
import { paramOf } from './validation.js';

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

const OPERATIONS: Readonly<Record<BodyName, string>> = {
  chat: 'createChatCompletion',
  responses: 'createResponse',
};

const members = new Map<BodyName, Readonly<Record<string, number>>>();

/** Nodes of a body's own members, which are looked up once. */
function membersOf(name: BodyName): Readonly<Record<string, number>> {
  let known = members.get(name);
  if (!known) {
    known = Object.assign({}, ...shapesOf(rootOf(OPERATIONS[name])!).map(({ m }) => m)) as Record<
      string,
      number
    >;
    members.set(name, known);
  }
  return known;
}

/**
 * Goes through the objects inside of a body; its own members are not checked.
 *
 * @throws ApiError 400 for the first member that nobody knows
 */
export function refuseUnknownFields(name: BodyName, input: Readonly<Record<string, unknown>>): void {
  const own = membersOf(name);
  const walk = new Walk(name);
  for (const [key, value] of Object.entries(input))
    if (typeof value === 'object' && Object.hasOwn(own, key)) walk.visit(value, [own[key]!], [key]);
}

/**
 * The same for items of a conversation.
 *
 * @param at - the parameter that they came with
 */
export function refuseUnknownItemFields(items: readonly unknown[], at: string): void {
  new Walk('responses', at).visit(items, [membersOf('responses').input!], ['input']);
}

class Walk {
  readonly #beyond: Readonly<Record<string, readonly string[]>>;

  /** @param first - what the first name of a path is shown as */
  constructor(
    name: BodyName,
    private readonly first?: string,
  ) {
    this.#beyond = BEYOND[name];
  }

  visit(value: unknown, nodes: readonly number[], path: readonly (string | number)[]): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      const items = [...new Set(nodes.flatMap((node) => shapesOf(node).flatMap(({ i }) => i ?? [])))];
      for (const [i, one] of value.entries()) this.visit(one, items, [...path, i]);
      return;
    }
    const object = value as Readonly<Record<string, unknown>>;
    const type = typeof object.type === 'string' ? object.type : null;
    const shapes = shapesOfKind(nodes, type);
    // A type that is not known is told of where it is read.
    if (shapes.length === 0) return;
    for (const [key, member] of Object.entries(object)) {
      const known = shapes.flatMap(({ m }) => (Object.hasOwn(m!, key) ? m![key]! : []));
      if (known.length === 0) this.#refuse(key, type, path);
      if (typeof member === 'object') this.visit(member, [...new Set(known)], [...path, key]);
    }
  }

  #refuse(key: string, type: string | null, path: readonly (string | number)[]): void {
    const place = path.filter((part) => typeof part === 'string').join('.');
    const taken = [...(this.#beyond[place] ?? []), ...(this.#beyond[`${place}:${type}`] ?? [])];
    if (taken.includes(key) || taken.includes('*')) return;
    throw unknownParameter(paramOf([this.first ?? path[0]!, ...path.slice(1), key]));
  }
}

const ofKind = new Map<string, readonly Shape[]>();

/** The shapes that an object of a type can have, which are looked up once; none where it can have any members. */
function shapesOfKind(nodes: readonly number[], type: string | null): readonly Shape[] {
  // Types that nobody knows have no shapes, and are not kept.
  const key = `${nodes.join()} ${type ?? ''}`;
  const known = ofKind.get(key);
  if (known) return known;
  const all = nodes.flatMap((node) => shapesOf(node)).filter(({ t }) => t === 'object' || t === 'any');
  // Where one shape takes anything, so do all.
  const shapes = all.some(({ m }) => m === undefined) ? [] : all.filter((shape) => isOfKind(shape, type));
  if (shapes.length > 0) ofKind.set(key, shapes);
  return shapes;
}

/** Whether an object of a type, or without one, can have a shape. */
function isOfKind({ m, r }: Shape, type: string | null): boolean {
  const node = m!.type;
  const types = node === undefined ? [] : shapesOf(node).flatMap(({ e }) => e ?? []);
  if (types.length === 0) return true;
  return type === null ? !r?.includes('type') : types.includes(type);
}
