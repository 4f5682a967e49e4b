/** Prompt templates, which OpenAI keeps in its dashboard: a request names one by its id, and gives its variables. */
import { createRandom } from '../../lib/random.js';
import { prose } from '../../lib/text/prose.js';
import { ApiError, invalid } from '../protocols/openai/errors.js';

/** A part of a message, such as `input_text`. */
export type PromptPart = Readonly<Record<string, unknown>> & { readonly type: string };

/** A message of a template; its texts have `{{variables}}`. */
export interface TemplateMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly content: readonly PromptPart[];
}

/** One version of a template. */
export interface PromptVersion {
  readonly version: string;
  /** The developer's words, before the messages. */
  readonly instructions?: string | undefined;
  readonly messages: readonly TemplateMessage[];
  /** Parameters of a response that a request need not give, such as `model` and `tools`. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A template. */
export interface PromptTemplate {
  readonly id: string;
  /** The version that is taken where none is named. */
  readonly current: string;
  readonly versions: readonly PromptVersion[];
}

/** What a request says of a prompt. */
export interface PromptReference {
  id: string;
  version?: string | null | undefined;
  variables?: Readonly<Record<string, string | PromptPart>> | null | undefined;
}

/** What templates are found with. */
export interface PromptLibrary {
  readonly templates: readonly PromptTemplate[];
  /** A template that nobody wrote is made up from this. */
  readonly madeUpFrom?: { readonly seed: number; readonly model: string } | undefined;
}

/**
 * The version that a request means.
 *
 * @throws ApiError 404 when there is none
 */
export function findPrompt(
  { templates, madeUpFrom }: PromptLibrary,
  { id, version, variables }: PromptReference,
): PromptVersion {
  const template = templates.find((one) => one.id === id);
  const wanted = version ?? template?.current;
  const found = template?.versions.find((one) => one.version === wanted);
  if (found) return found;
  if (!template && madeUpFrom !== undefined) return madeUp(madeUpFrom, id, version ?? '1', variables ?? {});
  const which = template ? `${quoted(id)} and version ${quoted(wanted!)}` : quoted(id);
  throw new ApiError({
    status: 404,
    message: `Prompt with id ${which} not found.`,
  });
}

const quoted = (text: string): string => `'${text.slice(0, 200)}'`;

/** A plausible template with all the variables that are given. */
function madeUp(
  { seed, model }: NonNullable<PromptLibrary['madeUpFrom']>,
  id: string,
  version: string,
  variables: NonNullable<PromptReference['variables']>,
): PromptVersion {
  const about = prose(createRandom(seed, 'prompt', id, version), 24);
  const lines = Object.keys(variables).map((name) => `\n${name}: {{${name}}}`);
  const instructions = `You are a helpful assistant. ${about}${lines.join('')}`;
  return { version, instructions, messages: [], parameters: { model } };
}

/** `{{name}}`, with or without blanks. */
const VARIABLE = /\{\{\s*([A-Za-z_][\w.-]{0,63})\s*\}\}/;
const VARIABLES = new RegExp(VARIABLE, 'g');

/** A message of a prompt as it is sent to the model, and shown as an item of the response's instructions. */
export interface RenderedMessage {
  type: 'message';
  role: TemplateMessage['role'];
  content: PromptPart[];
}

/**
 * The messages of a prompt with its variables in place: text in the text, pictures and files as parts of their own where their
 * names were.
 *
 * @param instructions - take the place of the template's
 * @throws ApiError 400 for a variable that is not given, or that the template has not
 */
export function renderPrompt(
  prompt: PromptVersion,
  variables: NonNullable<PromptReference['variables']>,
  instructions = prompt.instructions,
): RenderedMessage[] {
  const messages: TemplateMessage[] = [...prompt.messages];
  if (instructions !== undefined)
    messages.unshift({ role: 'developer', content: [{ type: 'input_text', text: instructions }] });
  checkVariables([...messages, ...ownInstructions(prompt)], variables);
  return messages.map(({ role, content }) => ({
    type: 'message',
    role,
    content: content.flatMap((part) => renderPart(part, variables)),
  }));
}

/** Those that a request replaces have variables all the same. */
const ownInstructions = ({ instructions }: PromptVersion): TemplateMessage[] =>
  instructions === undefined
    ? []
    : [{ role: 'developer', content: [{ type: 'input_text', text: instructions }] }];

const namesIn = (messages: readonly TemplateMessage[]): string[] =>
  messages.flatMap(({ content }) =>
    content.flatMap(({ text }) =>
      typeof text === 'string' ? [...text.matchAll(VARIABLES)].map(([, name]) => name!) : [],
    ),
  );

function checkVariables(messages: readonly TemplateMessage[], variables: object): void {
  const names = new Set(namesIn(messages));
  const missing = [...names].filter((name) => !Object.hasOwn(variables, name));
  if (missing.length > 0) throw wrongVariables('Missing', missing, 'prompt_variable_missing');
  const unknown = Object.keys(variables).filter((name) => !names.has(name));
  if (unknown.length > 0) throw wrongVariables('Unknown', unknown, 'prompt_variable_unknown');
}

const wrongVariables = (what: string, names: readonly string[], code: string): ApiError =>
  invalid(
    'prompt.variables',
    code,
    `${what} prompt variables: ${names.map(quoted).join(', ').slice(0, 500)}.`,
  );

function renderPart(part: PromptPart, variables: NonNullable<PromptReference['variables']>): PromptPart[] {
  if (typeof part.text !== 'string') return [part];
  const parts: PromptPart[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') parts.push({ ...part, text });
    text = '';
  };
  // Every other piece is the name of a variable: the expression has one group.
  for (const [i, piece] of part.text.split(VARIABLE).entries()) {
    const value = i % 2 === 1 ? variables[piece]! : piece;
    if (typeof value === 'string') text += value;
    else if (value.type === 'input_text') text += String(value.text);
    else {
      flush();
      parts.push(value);
    }
  }
  flush();
  return parts;
}
