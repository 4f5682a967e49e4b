/** What has to pass before threads that are idle may be ended. */
import { setTimeout as after } from 'node:timers/promises';

/** V8 takes some milliseconds for what it optimizes at a time. */
const SETTLE_MS = 20;

/**
 * Resolves when V8 has very likely finished what it optimizes in the background for threads that have nothing to do any more.
 * Node 20 aborts the whole process when a thread ends meanwhile ("Assertion failed: (data.first) != nullptr" in
 * node_platform.cc), with everything that has not been written yet.
 */
export const codeSettled = (): Promise<void> => after(SETTLE_MS);
