/** Parameters that many operations have. */
import * as z from 'zod';
import { cacheFields } from './cache-fields.js';

const MAX_PAIRS = 16;

/** Up to 16 pairs: names of up to 64 characters, values of up to 512. */
export const metadata = z
  .record(z.string(), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= MAX_PAIRS, {
    error: `it can have at most ${MAX_PAIRS} pairs`,
  })
  .refine((pairs) => Object.keys(pairs).every((name) => name.length <= 64), {
    error: 'its names can have at most 64 characters',
  });

/** The same, or null. */
export const optionalMetadata = metadata.nullish().transform((pairs) => pairs ?? null);

/** A whole number, or its text in a form. */
export const formInteger = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
    z.int().min(min).max(max),
  );

/** Checked alike wherever a model answers. */
export const accountFields = {
  safety_identifier: z.string().max(64).nullish(),
  ...cacheFields,
};

/** What is said of a function that a model may call. */
export const functionFields = {
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(
      /^[a-zA-Z0-9_-]+$/,
      "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'",
    ),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
};
