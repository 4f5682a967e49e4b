/** The pretend inference service: what it says and when. Pure: no I/O and no timers; it is handed the time. */
import type { Engine } from './engine.js';
import { FixedEngine, InstantEngine } from './latency.js';

export { Answer, type AnswerRequest, type FinishReason } from './answer.js';
export type { Engine, TokenSchedule } from './engine.js';

/** How time passes. */
export interface LatencyOptions {
  latency: 'instant' | 'fixed';
  /** Mean time to the first token, in ms; with `fixed`. */
  ttft: number;
  /** Mean time between tokens, in ms; with `fixed`. */
  itl: number;
  /** Standard deviation of both as a share of them; with `fixed`. */
  jitter: number;
  seed: number;
}

/** The engine that the options ask for. */
export function createEngine(options: LatencyOptions): Engine {
  const { latency, ttft, itl, jitter, seed } = options;
  return latency === 'instant'
    ? new InstantEngine()
    : new FixedEngine({ ttftMs: ttft, itlMs: itl, jitter, seed });
}
