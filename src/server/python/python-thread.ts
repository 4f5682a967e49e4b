/** The task of the thread that runs Python. Run by Piscina; the interpreter is loaded with the first one. */
import { messageOf } from '../../lib/errors.js';
import type { PythonProblem, PythonResult, PythonTask } from './python-pool.js';

const LIMITS = { maxDurationSecs: 2, maxMemory: 256 * 1024 * 1024, maxRecursionDepth: 500 } as const;
/** Names that no program has. */
const INPUTS = ['_fakeai_sample', '_fakeai_item'] as const;

export default async function work({ source, given }: PythonTask): Promise<PythonResult> {
  const { Monty, MontyError, MontySyntaxError } = await import('@pydantic/monty');
  try {
    const program = new Monty(`${source}\n\ngrade(${INPUTS.join(', ')})`, { inputs: [...INPUTS] });
    if (!given) return { score: undefined };
    const inputs = { [INPUTS[0]]: given.sample, [INPUTS[1]]: given.item };
    // What it prints goes nowhere.
    return scoreOf(program.run({ inputs, limits: LIMITS, printCallback: () => {} }));
  } catch (error) {
    // Its own errors are the program's.
    const kind =
      error instanceof MontySyntaxError ? 'syntax' : error instanceof MontyError ? 'runtime' : 'server';
    return failed(kind, messageOf(error));
  }
}

/** Numbers are scores, and so are truth values; other things are not. */
function scoreOf(result: unknown): PythonResult {
  const isNumber = typeof result === 'number' || typeof result === 'bigint' || typeof result === 'boolean';
  const score = isNumber ? Number(result) : NaN;
  if (Number.isFinite(score)) return { score };
  return failed('runtime', `ValueError: grade() returned ${shown(result)}, which is not a number`);
}

const shown = (value: unknown): string => {
  if (value === null || value === undefined) return 'None';
  return typeof value === 'string' || typeof value === 'number'
    ? JSON.stringify(value).slice(0, 100)
    : 'an object';
};

const failed = (kind: PythonProblem['kind'], message: string): PythonResult => ({
  problem: { kind, message },
});
