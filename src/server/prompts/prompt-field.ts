/** How a request names a prompt. */
import * as z from 'zod';

const variable = z.union([
  z.string(),
  z.looseObject({ type: z.enum(['input_text', 'input_image', 'input_file']) }),
]);

/** `{ id, version, variables }` */
export const promptField = z
  .looseObject({
    id: z.string().min(1),
    version: z.string().nullish(),
    variables: z.record(z.string(), variable).nullish(),
  })
  .nullish();
