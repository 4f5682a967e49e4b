/** JSON Schemas of the files in which users describe a GPU or a shape, for editors (`$schema` in the file). */
import * as z from 'zod';
import { architectureDescription } from './architectures/custom.js';
import { gpuDescription } from './hardware/custom.js';

const jsonSchema = (title: string, schema: z.ZodType): Record<string, unknown> => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title, ...rest };
};

export const gpuJsonSchema = (): Record<string, unknown> => jsonSchema('fakeai GPU', gpuDescription);

export const architectureJsonSchema = (): Record<string, unknown> =>
  jsonSchema('fakeai architecture', architectureDescription);
