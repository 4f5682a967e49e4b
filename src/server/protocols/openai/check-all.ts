/** Holds bodies against a shape for families that tell of everything that is wrong at once (words/family-words.ts). */
import { valueFault } from './check-shape.js';
import { type ApiError, FaultList, missing } from './errors.js';
import type { Shape } from './request-shapes.js';

/**
 * Checks a body member by member.
 *
 * @throws FaultList of what is missing and what is wrong, in the order of the shape's members
 */
export function checkAll(body: Readonly<Record<string, unknown>>, shape: Shape): void {
  const all: ApiError[] = [];
  for (const name of Object.keys(shape.m ?? {})) {
    const value = body[name];
    if (value === undefined && shape.r?.includes(name)) all.push(missing(name));
    const fault = value === undefined ? undefined : valueFault({ [name]: value }, [shape]);
    if (fault) all.push(fault);
  }
  if (all.length > 0) throw new FaultList(all);
}
