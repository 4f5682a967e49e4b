/** The generator that the options ask for. */
import type { DeadlineWheel } from '../../lib/deadline-wheel.js';
import { FixedEngine } from '../../simulator/index.js';
import type { ServerOptions } from '../options.js';
import type { Generator } from './generator.js';
import { InstantGenerator } from './instant.js';
import { PacedGenerator } from './paced.js';

/** How time passes; a part of the server's options. */
export type LatencyOptions = Pick<ServerOptions, 'latency' | 'ttft' | 'itl' | 'jitter' | 'seed'>;

/**
 * Makes the generator of one thread.
 *
 * @param wheel - the thread's
 */
export function createGenerator(options: LatencyOptions, wheel: DeadlineWheel): Generator {
  const { latency, ttft, itl, jitter, seed } = options;
  if (latency === 'instant') return new InstantGenerator();
  return new PacedGenerator(new FixedEngine({ ttftMs: ttft, itlMs: itl, jitter, seed }), wheel);
}
