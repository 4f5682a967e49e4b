/**
 * Python that requests bring along, in the sandbox of the optional package `@pydantic/monty`: an interpreter of its own, without files,
 * network or modules of the system, on one thread beside each listener thread, within bounds of time and memory.
 */
import { createRequire } from 'node:module';
import type { Piscina } from 'piscina';
import { messageOf } from '../../lib/errors.js';
import { sideThread } from '../threads/side-thread.js';

/** The package that runs Python. */
export const PYTHON_PACKAGE = '@pydantic/monty';

/** A program that defines `grade(sample, item)`. */
export interface PythonTask {
  source: string;
  /** What it is called with; only compiled without. */
  given?: { sample: Record<string, unknown>; item: Record<string, unknown> };
}

/** Why there is no score. */
export interface PythonProblem {
  /** Of the program, or of what runs it. */
  kind: 'syntax' | 'runtime' | 'server';
  /** As Python says it: `KeyError: label`. */
  message: string;
}

/** What came of it: a score where it was called. */
export type PythonResult = { score: number | undefined } | { problem: PythonProblem };

/** Programs that may wait; more are refused. */
const MAX_WAITING = 4096;

let pool: Piscina<PythonTask, PythonResult> | undefined;
let installed: boolean | undefined;

/** Whether the package is there. */
export function hasPython(): boolean {
  if (installed === undefined) {
    try {
      createRequire(import.meta.url).resolve(PYTHON_PACKAGE);
      installed = true;
    } catch {
      installed = false;
    }
  }
  return installed;
}

/** Runs a program, or says why it did not end well. */
export async function runPython(task: PythonTask): Promise<PythonResult> {
  pool ??= sideThread('./python-thread.js', MAX_WAITING);
  try {
    return await pool.run(task);
  } catch (error) {
    return { problem: { kind: 'server', message: messageOf(error) } };
  }
}
