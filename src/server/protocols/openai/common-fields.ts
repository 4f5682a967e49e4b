/** Parameters that many operations have. */
import * as z from 'zod';

/** A whole number, or its text in a form. */
export const formInteger = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
    z.int().min(min).max(max),
  );
