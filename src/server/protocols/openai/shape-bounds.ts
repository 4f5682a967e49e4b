/** Bounds of numbers and of lengths at a place of a request. */
import type { Shape } from './request-shapes.js';
import type { Fault, Path } from './shape-fault.js';
import { lengthError, paramOf, rangeError } from './validation.js';

/** A number beyond the bounds of all of some shapes. */
export function numberFault(value: number, shapes: readonly Shape[], path: Path): Fault | undefined {
  const faults = shapes.map(({ t, b }): Fault | undefined => {
    const [least, most] = b ?? [null, null];
    const isLow = least !== null && value < least;
    if (!isLow && !(most !== null && value > most)) return undefined;
    const bound = isLow ? { big: false, bound: least } : { big: true, bound: most! };
    return {
      path,
      error: rangeError(paramOf(path), { kind: t === 'integer' ? 'integer' : 'decimal', ...bound }, value),
    };
  });
  return faults.includes(undefined) ? undefined : faults[0];
}

/** A text or a list of a length beyond its bounds. */
export function lengthFault(
  value: string | readonly unknown[],
  kind: 'array' | 'string',
  bounds: Shape['l'],
  path: Path,
): Fault | undefined {
  const [least, most] = bounds ?? [null, null];
  const { length } = value;
  const isShort = least !== null && length < least;
  if (!isShort && !(most !== null && length > most)) return undefined;
  const bound = isShort ? { big: false, bound: least } : { big: true, bound: most! };
  return { path, error: lengthError(paramOf(path), { kind, ...bound }, length) };
}
