/** Distributions of single turns of sessions: what of the metrics they have, and for how many turns. */
import type { Distribution } from './distribution.js';
import type { DistributionName } from './metrics.js';

/** Metrics that are kept per turn. */
export const TURN_METRICS = [
  'e2e',
  'ttft',
  'ttfo',
  'tpot',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
] as const satisfies readonly DistributionName[];

/** The first turns are kept apart; those after them are in the distributions of the target alone. */
export const MOST_TURNS = 16;

/** One turn of the sessions of a target. */
export interface TurnOutcome {
  /** From 1. */
  turn: number;
  distributions: Partial<Record<DistributionName, Distribution>>;
}

export const isTurnMetric = (name: DistributionName): boolean =>
  (TURN_METRICS as readonly DistributionName[]).includes(name);
