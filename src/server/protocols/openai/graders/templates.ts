/** Templates of graders and evals: texts that name what is in an item or a sample. */
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

/** Fills `{{item.x}}`, `{{sample.output_text}}` and `{{sample.output_json.x}}`; says which names there are not. Cut after `most` characters. */
export function fill(
  template: string,
  scope: Partial<Scope>,
  most = MAX_CHARACTERS,
): { text: string; unknown: string[] } {
  const unknown: string[] = [];
  const filled = template.replaceAll(TEMPLATE, (_, path: string) => {
    const value = valueAt(scope, path.split('.'));
    if (value === undefined) unknown.push(path);
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  });
  return { text: filled.slice(0, most), unknown };
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

/** Text as JSON; undefined when it is none. */
export function jsonOf(sample: string): unknown {
  try {
    return JSON.parse(sample);
  } catch {
    return undefined;
  }
}
