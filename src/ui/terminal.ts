/** What may be drawn where. */
import { readFileSync } from 'node:fs';

/** A stream that may be a terminal. */
export interface MaybeTerminal {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that forbid drawing. */
export interface DrawSettings {
  json: boolean;
  tui: boolean;
  quiet: boolean;
}

/** The same test as Ink's own, which draws nothing where it holds. */
const inCi = (env: Environment): boolean =>
  ['CI', 'CONTINUOUS_INTEGRATION'].some((name) => name in env && env[name] !== '0' && env[name] !== 'false');

/** Whether a screen may be drawn on a stream: a real terminal, nobody asked for silence or data, and no CI. */
export function canDraw(stream: MaybeTerminal, env: Environment, settings: DrawSettings): boolean {
  if (settings.json || settings.quiet || !settings.tui) return false;
  return isTerminal(stream, env);
}

/** Whether a stream is a terminal that understands cursor codes. */
export function isTerminal(stream: MaybeTerminal, env: Environment): boolean {
  // Some pseudo terminals say 0 rows; Ink would then clear the whole terminal with every frame.
  const hasSize = (stream.columns ?? 0) > 0 && stream.rows !== 0;
  return stream.isTTY === true && hasSize && !inCi(env) && env['TERM'] !== 'dumb';
}

/** Colours unless NO_COLOR is set to anything (https://no-color.org). */
export const wantsColor = (env: Environment): boolean => (env['NO_COLOR'] ?? '') === '';

/**
 * Whether this process may change the terminal: one in the background is stopped by the system when it tries.
 *
 * @param stat - of /proc; only Linux tells, elsewhere a process is taken for one in the foreground
 */
export function inForeground(stat: string | undefined = ownStat()): boolean {
  // After the name, which may hold anything but ends with the last parenthesis: state, parent, group, session, terminal,
  // foreground group of the terminal.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[2] === fields[5];
}

function ownStat(): string | undefined {
  try {
    return readFileSync('/proc/self/stat', 'latin1');
  } catch {
    return undefined;
  }
}
