/**
 * Keeps a library that cleans up on signals from ending a process that handles those signals itself.
 *
 * Ink cleans up through signal-exit, which, when a signal comes and it finds no listener but its own, sends the signal
 * again to kill the process. It looks after other listeners have run, so a handler added with `process.once` is gone by
 * then, and the process would die in the middle of its orderly end. The guard runs first, sees that handler, and stays
 * as one listener more. Where nobody else listens it steps aside, so that the signal ends the process as usual.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The part of `process` that matters here. */
export interface SignalSource {
  listenerCount(signal: NodeJS.Signals): number;
  prependListener(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/**
 * Runs a function that makes the library listen, and guards the signals from then on.
 *
 * @returns what the function returned, and a function that takes the guard away
 */
export function withSignalGuard<T>(
  source: SignalSource,
  install: () => T,
): { result: T; release: () => void } {
  const before = SIGNALS.map((signal) => source.listenerCount(signal));
  const result = install();
  const guards = SIGNALS.map((signal, i) => {
    const fromLibrary = source.listenerCount(signal) - before[i]!;
    const guard = (): void => {
      const others = source.listenerCount(signal) - fromLibrary - 1;
      if (others <= 0) source.off(signal, guard);
    };
    source.prependListener(signal, guard);
    return [signal, guard] as const;
  });
  return { result, release: () => guards.forEach(([signal, guard]) => source.off(signal, guard)) };
}
