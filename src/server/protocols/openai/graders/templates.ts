/** Templates of graders and evals: texts and messages that name what is in an item or a sample. */
import * as z from 'zod';

/** Longest text that is compared: some measures take the product of both lengths. */
const MAX_CHARACTERS = 20_000;

export const text = z.string().max(MAX_CHARACTERS);

/** What a template can name. */
export interface Scope {
  item: Record<string, unknown>;
  sample: Record<string, unknown>;
}

const TEMPLATE = /\{\{\s*([\w.]{1,200})\s*\}\}/g;

/** Fills `{{item.x}}`, `{{sample.output_text}}` and `{{sample.output_json.x}}`; says which names there are not. */
export function fill(template: string, scope: Partial<Scope>): { text: string; unknown: string[] } {
  const unknown: string[] = [];
  const filled = template.replaceAll(TEMPLATE, (_, path: string) => {
    const value = valueAt(scope, path.split('.'));
    if (value === undefined) unknown.push(path);
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  });
  return { text: filled.slice(0, MAX_CHARACTERS), unknown };
}

/** What is at a path of an object's own members; undefined when there is nothing. */
export const valueAt = (from: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined,
    from,
  );

const part = z.union([
  z.string(),
  z.strictObject({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string() }),
]);
/** A message whose text is a template. */
export const message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([part, z.array(part)]),
  type: z.literal('message').optional(),
});
export type Message = z.output<typeof message>;

/** A message as it is sent. */
export interface FilledMessage {
  role: Message['role'];
  content: string;
}

/** The text of a message. */
export const textOf = ({ content }: Message): string =>
  (Array.isArray(content) ? content : [content])
    .map((one) => (typeof one === 'string' ? one : one.text))
    .join('\n');

/** Fills messages; says which names there are not. */
export function fillMessages(
  messages: readonly Message[],
  scope: Partial<Scope>,
): { messages: FilledMessage[]; unknown: string[] } {
  const filled = messages.map((one) => ({ role: one.role, ...fill(textOf(one), scope) }));
  return {
    messages: filled.map(({ role, text: content }) => ({ role, content })),
    unknown: filled.flatMap(({ unknown }) => unknown),
  };
}

/** Text as JSON; undefined when it is none. */
export function jsonOf(sample: string): unknown {
  try {
    return JSON.parse(sample);
  } catch {
    return undefined;
  }
}
