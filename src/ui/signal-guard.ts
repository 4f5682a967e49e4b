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
  // As Node's own types have it: nothing is known about the listeners of others.
  rawListeners(signal: NodeJS.Signals): unknown[];
  prependListener(signal: NodeJS.Signals, listener: SignalListener): unknown;
  off(signal: NodeJS.Signals, listener: SignalListener): unknown;
}

type SignalListener = (...args: unknown[]) => void;

/**
 * Runs a function that makes the library listen, and guards the signals from then on.
 *
 * @returns what the function returned, and a function that takes away the guard and what the library left behind
 */
export function withSignalGuard<T>(
  source: SignalSource,
  install: () => T,
): { result: T; release: () => void } {
  const before = SIGNALS.map((signal) => new Set(source.rawListeners(signal)));
  const result = install();
  const releases = SIGNALS.map((signal, i) => {
    const fromLibrary = source
      .rawListeners(signal)
      .filter((listener) => !before[i]!.has(listener)) as SignalListener[];
    const guard = (): void => {
      const others = source.rawListeners(signal).length - fromLibrary.length - 1;
      if (others <= 0) source.off(signal, guard);
    };
    source.prependListener(signal, guard);
    return () => [guard, ...fromLibrary].forEach((listener) => source.off(signal, listener));
  });
  return { result, release: () => releases.forEach((release) => release()) };
}
