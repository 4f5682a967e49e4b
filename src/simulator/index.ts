/** The pretend inference service: what it says and when. Pure: no I/O and no timers; it is handed the time. */
export { Answer, type AnswerLimits, type AnswerRequest, type FinishReason } from './answer.js';
export { Cluster } from './cluster/cluster.js';
export type {
  ClusterRequest,
  ClusterSink,
  OutputPrediction,
  RejectReason,
  RequestUsage,
} from './cluster/types.js';
export { fleetOptions } from './fleet/cluster-options.js';
export type { FleetSettings } from './fleet/fleet-settings.js';
export type { Engine, TokenSchedule } from './engine.js';
export { FixedEngine, type FixedLatency } from './latency.js';
