/** Tells processes apart, also those that have ended. */
import { hostname } from 'node:os';
import { isRunning } from './data-folder.js';

/** This process: where it runs, its number there, and when it began, as numbers are given again. For its main thread. */
export const processName = (): string =>
  [hostname(), process.pid, Math.round(performance.timeOrigin)].join('|');

/** What is known of another process: of one on another machine, or in another container, nobody here knows whether it runs. */
export function stateOf(other: string, own: string): 'runs' | 'ended' | 'unknown' {
  if (other === own) return 'runs';
  const [host, pid] = other.split('|');
  if (host !== hostname()) return 'unknown';
  // With our own number it was an earlier process: ours has another name.
  return Number(pid) !== process.pid && isRunning(Number(pid)) ? 'runs' : 'ended';
}
