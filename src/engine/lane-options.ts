/** What lanes are made of. */
import type { Clock } from '../lib/clock.js';
import type { DeadlineWheel } from '../lib/deadline-wheel.js';
import type { TextTokenizer } from '../lib/tokens/text-tokenizer.js';
import type { Plan, Shard } from '../workloads/plan.js';
import type { FollowUp, Lane } from '../workloads/requests.js';
import type { LedgerOptions } from './ledger.js';
import type { BoardCell } from './live-board.js';
import type { Transport } from './transport/transport.js';

/** What a lane works with. */
export interface LaneRunnerOptions {
  plan: Plan;
  /** Whose part of the plan this is: one that may have something in flight. */
  shard: Shard;
  /** How many measured requests this lane may send; all that come without it. */
  measuredRequests?: number;
  lane: Lane;
  transport: Transport;
  cell: BoardCell;
  clock: Clock;
  wheel: DeadlineWheel;
  /** Opens the tokenizer of the plan, if it has one; called when it is first needed. */
  tokenizer?: (() => TextTokenizer) | undefined;
  /** Where requests are written down; nowhere without it. */
  log?: LedgerOptions['log'];
  /** Called once, when nothing is in flight and nothing more will be sent. */
  onOver: () => void;
}

/** A session between an answer and its next turn. */
export interface WaitingTurn {
  followUp: FollowUp;
  /** The text of the answer. */
  answer: string;
  /** When the turn is to be sent; an instant of the clock. */
  dueMs: number;
}
