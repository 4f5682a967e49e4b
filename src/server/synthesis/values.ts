/** Values of templates: the same for the same seed, resource and day. */
import type { Random } from '../../lib/random.js';
import { prose } from '../../lib/text/prose.js';
import type { AnswerTemplate, Template } from './templates.js';

/** What a value depends on. */
export interface Making {
  random: Random;
  /** When resources began, in seconds since 1970. */
  beginS: number;
  /** Named parts of the request's path. */
  params: Readonly<Record<string, string | undefined>>;
  /** The request's body. */
  body: Readonly<Record<string, unknown>>;
}

type Json = Record<string, unknown>;

const ID_CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 24;
/** What an update does not decide, and what it says in other words than the resource does. */
const NOT_GIVEN = new Set([
  'id',
  'object',
  'created_at',
  'status',
  'deleted',
  'content',
  'chunking_strategy',
]);

/** The body of an answer. */
export function bodyOf({ own, taken = {}, body }: AnswerTemplate, making: Making): unknown {
  const made = valueOf(body as Template, making);
  if (!isObject(made)) return made;
  const ownId = own === undefined ? undefined : making.params[own];
  if (ownId !== undefined && 'id' in made) made['id'] = ownId;
  for (const [path, template] of Object.entries(taken)) put(made, path.split('.'), valueOf(template, making));
  if (Array.isArray(made['data'])) nameEnds(made, made['data']);
  else takeGiven(made, making.body);
  return made;
}

function valueOf(template: Template, making: Making): unknown {
  if (isPlain(template)) return template;
  const { random, beginS, params, body } = making;
  switch (template[0]) {
    case 'object':
      return membersOf(template[1], making);
    case 'list':
      return listOf(template, making);
    case 'id':
      return `${template[1]}${idOf(random)}`;
    case 'time':
      return beginS + template[1];
    case 'integer':
      return template[1] + random.int(template[2] - template[1] + 1);
    case 'text':
      return prose(random, template[1]).trim();
    case 'path':
      return params[template[1]];
    case 'body':
      return body[template[1]];
  }
}

const isPlain = (template: Template): template is string | number | boolean | null =>
  typeof template !== 'object' || template === null;

const listOf = ([, one, count = 0]: Extract<Template, readonly ['list', ...unknown[]]>, making: Making) =>
  one === undefined ? [] : Array.from({ length: count }, () => valueOf(one, making));

/** What the path names is called as the path says: the `thread_id` of all that is in a thread. */
function membersOf(members: Readonly<Record<string, Template>>, making: Making): Json {
  const made = Object.entries(members).map(([name, template]) => {
    const given = isText(template) ? making.params[name] : undefined;
    return [name, given ?? valueOf(template, making)];
  });
  return Object.fromEntries(made) as Json;
}

const isText = (template: Template): boolean =>
  typeof template === 'string' || (!isPlain(template) && template[0] === 'id');

function idOf(random: Random): string {
  let id = '';
  for (let i = 0; i < ID_LENGTH; i++) id += ID_CHARACTERS[random.int(ID_CHARACTERS.length)]!;
  return id;
}

/** Puts a value at a path that is there already; one that a request does not give changes nothing. */
function put(target: Json, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length > 0) put(target[name] as Json, rest, value);
  else if (typeof value === 'string') target[name] = value;
}

function nameEnds(made: Json, data: unknown[]): void {
  const ids = data.map((one) => (isObject(one) ? one['id'] : undefined));
  if ('first_id' in made) made['first_id'] = ids[0] ?? null;
  if ('last_id' in made) made['last_id'] = ids.at(-1) ?? null;
}

/** An update shows in what it answers. */
function takeGiven(made: Json, given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(made, name) || NOT_GIVEN.has(name)) continue;
    const current = made[name];
    if (current === null || kindOf(current) === kindOf(value)) made[name] = value;
  }
}

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;

const isObject = (value: unknown): value is Json => kindOf(value) === 'object';
