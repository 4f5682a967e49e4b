/** The JSON Schema of run files; `schemas/run.schema.json` is this, written out. */
import * as z from 'zod';
import { runFileSchema } from './run-file.js';

/**
 * Draft 2020-12. Unknown members are allowed, so that a validator of this version accepts files to which a later
 * fakeai added something.
 */
export function runFileJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(runFileSchema, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'fakeai run file', ...rest };
}
