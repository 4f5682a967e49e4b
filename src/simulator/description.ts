/** What users describe of their own: a GPU, a shape of a model. */
import type * as z from 'zod';

/** What is wrong with a description, and where in it. */
export class DescriptionError extends Error {
  /** @param hint - what to do about it */
  constructor(
    problem: string,
    readonly hint?: string,
  ) {
    super(problem);
  }
}

/**
 * Checks a description.
 *
 * @throws DescriptionError that names the first wrong part by its path
 */
export function parseDescription<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const at = issue.path.join('.');
  throw new DescriptionError(at === '' ? issue.message : `${at}: ${issue.message}`);
}
