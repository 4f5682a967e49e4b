/** The formula of a grader of several: how the scores of its parts become one. */
import { evaluate, type Names, PyError } from '../../../../simulator/python/arithmetic.js';

const FUNCTIONS: Names['functions'] = new Map(
  Object.entries({
    min: Math.min,
    max: Math.max,
    abs: Math.abs,
    floor: Math.floor,
    ceil: Math.ceil,
    exp: Math.exp,
    sqrt: Math.sqrt,
    log: Math.log,
  }),
);

/** Gives the result for the scores by name; undefined when there is none, as behind a division by zero. */
export type Formula = (scores: ReadonlyMap<string, number>) => number | undefined;

/** Reads a formula; undefined when it is none over these names. */
export function compileFormula(text: string, names: readonly string[]): Formula | undefined {
  const expression = text.replaceAll('^', '**');
  const calculate: Formula = (values) => {
    try {
      const value = Number(evaluate(expression, { values, functions: FUNCTIONS }));
      return Number.isFinite(value) ? value : undefined;
    } catch (error) {
      if (error instanceof PyError) return undefined;
      throw error;
    }
  };
  // Whether it can be read shows with any scores; that there is no result for these says nothing.
  try {
    const values = new Map(names.map((name) => [name, 0.5]));
    return evaluate(expression, { values, functions: FUNCTIONS }) === undefined ? undefined : calculate;
  } catch (error) {
    if (error instanceof PyError) return calculate;
    throw error;
  }
}
