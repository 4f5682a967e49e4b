/** When tokens are ready. An engine decides it; it is handed the time and never reads it. */
import type { Digest } from '../lib/digest.js';

/** What an engine must know of one sequence (one choice of a request) to schedule it. */
export interface EngineRequest {
  /** Names the request; with the engine's seed it decides all chance. */
  digest: Digest;
  /** Which of the `n` choices. */
  choice: number;
  /** Length of the prompt. */
  promptTokens: number;
  /** Most tokens that will be asked for. */
  maxTokens: number;
}

/** The instants at which the tokens of one sequence are ready, in order. */
export interface TokenSchedule {
  /** The instant (on the caller's clock) of the next token; each call goes on by one. Never decreases. */
  nextMs(): number;
  /** Nothing more will be asked: the sequence ended or its reader is gone. Further calls do nothing. */
  release(): void;
}

/** A model of an inference service's time. */
export interface Engine {
  /**
   * Takes a sequence in.
   *
   * @param request - what is to be scheduled
   * @param nowMs - the instant of its arrival
   */
  submit(request: EngineRequest, nowMs: number): TokenSchedule;
}
