/** What may be drawn where. */

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

/** Set, and not to something that means no. */
const isSet = (value: string | undefined): boolean =>
  value !== undefined && !['', '0', 'false'].includes(value);

/** Whether a screen may be drawn on a stream: a real terminal, nobody asked for silence or data, and no CI. */
export function canDraw(stream: MaybeTerminal, env: Environment, settings: DrawSettings): boolean {
  if (settings.json || settings.quiet || !settings.tui) return false;
  return isTerminal(stream, env);
}

/** Whether a stream is a terminal that understands cursor codes. */
export function isTerminal(stream: MaybeTerminal, env: Environment): boolean {
  return stream.isTTY === true && (stream.columns ?? 0) > 0 && !isSet(env['CI']) && env['TERM'] !== 'dumb';
}

/** Colours unless NO_COLOR is set to anything (https://no-color.org). */
export const wantsColor = (env: Environment): boolean => (env['NO_COLOR'] ?? '') === '';
