/** The pretend inference service: what it says and when. Pure: no I/O and no timers; it is handed the time. */
export { Answer, type AnswerLimits, type AnswerRequest, type FinishReason } from './answer.js';
export type { OutputPrediction, RejectReason } from './cluster/types.js';
export type { Engine, TokenSchedule } from './engine.js';
export { FixedEngine, type FixedLatency } from './latency.js';
