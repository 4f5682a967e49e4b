/** Durations as people write them: `500ms`, `30s`, `1.5m`, `2h`. */

const UNIT_MS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };

/** What {@link parseDurationMs} accepts, for JSON Schema and messages. */
export const DURATION_PATTERN = /^(\d+(?:\.\d+)?|\.\d+)\s*(us|µs|ms|s|m|h)?$/;

/**
 * Parses a duration.
 *
 * @param text - a number with an optional unit
 * @param bareUnit - the unit of a number without one
 * @returns milliseconds, or undefined when the text is not a duration
 */
export function parseDurationMs(text: string | number, bareUnit: 'ms' | 's'): number | undefined {
  const match = DURATION_PATTERN.exec(String(text).trim());
  if (!match) return undefined;
  const unit = match[2] === 'µs' ? 'us' : (match[2] ?? bareUnit);
  return Number(match[1]) * UNIT_MS[unit]!;
}

/** A duration for people: three significant digits and the largest unit that keeps it above one. */
export function formatDurationMs(ms: number): string {
  if (ms >= 3.6e6) return `${trim(ms / 3.6e6)} h`;
  if (ms >= 6e4) return `${trim(ms / 6e4)} min`;
  if (ms >= 1e3) return `${trim(ms / 1e3)} s`;
  if (ms >= 1 || ms === 0) return `${trim(ms)} ms`;
  return `${trim(ms * 1e3)} µs`;
}

const trim = (value: number): string => String(Number(value.toPrecision(3)));
