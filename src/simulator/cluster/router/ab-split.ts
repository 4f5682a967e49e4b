/** Splits traffic over several policies to compare them. */

import { hash32 } from '../../../lib/random.js';
import { type ArmTotals, type NamedArm, noTotals } from './arms.js';
import type { Fleet, Rank, RouteOutcome, RouteRequest, RoutingPolicy } from './policy.js';

export interface Arm {
  readonly name: string;
  /** Share of the traffic, relative to the other arms. */
  readonly share: number;
  readonly policy: RoutingPolicy;
}

/** A session stays in its arm; a request without one is split by its position. */
export class AbSplit implements RoutingPolicy {
  readonly name = 'ab';
  readonly needsOverlap: boolean;
  readonly ranks: readonly Rank[];
  readonly #shares: number;
  readonly #totals: ArmTotals[];
  /** Arm of each request in flight. */
  readonly #armOf = new Map<number, number>();

  constructor(
    readonly arms: readonly Arm[],
    readonly seed: number,
  ) {
    this.needsOverlap = arms.some((arm) => arm.policy.needsOverlap);
    this.ranks = arms.flatMap((arm) => arm.policy.ranks);
    this.#shares = arms.reduce((sum, arm) => sum + arm.share, 0);
    this.#totals = arms.map(noTotals);
  }

  choose(request: RouteRequest, fleet: Fleet, nowMs: number): number {
    let point = (hash32(this.seed, 'ab', request.sessionId ?? request.order) / 2 ** 32) * this.#shares;
    let arm = 0;
    while (arm + 1 < this.arms.length && point >= this.arms[arm]!.share) point -= this.arms[arm++]!.share;
    this.#totals[arm]!.requests++;
    this.#armOf.set(request.order, arm);
    return this.arms[arm]!.policy.choose(request, fleet, nowMs);
  }

  observe(outcome: RouteOutcome, fleet: Fleet): void {
    const arm = this.#armOf.get(outcome.order);
    if (arm === undefined) return;
    this.#armOf.delete(outcome.order);
    const totals = this.#totals[arm]!;
    if (outcome.failed) totals.failed++;
    else if (outcome.known) {
      totals.ended++;
      if (outcome.ttftMs >= 0) {
        totals.first_tokens++;
        totals.ttft_ms += outcome.ttftMs;
        totals.ttft_ms_squares += outcome.ttftMs ** 2;
      }
      totals.e2e_ms += outcome.e2eMs;
      totals.prompt_tokens += outcome.promptTokens;
      totals.cached_tokens += outcome.cachedTokens;
      totals.output_tokens += outcome.outputTokens;
    }
    this.arms[arm]!.policy.observe?.(outcome, fleet);
  }

  armTotals(): NamedArm[] {
    return this.arms.map(({ name, share }, i) => ({ name, share, totals: this.#totals[i]! }));
  }

  counters(): Record<string, number> {
    const all: Record<string, number> = {};
    for (const [i, arm] of this.arms.entries()) {
      for (const [key, value] of Object.entries(this.#totals[i]!))
        all[`${arm.name}.${key}`] = value as number;
      for (const [key, value] of Object.entries(arm.policy.counters())) all[`${arm.name}.${key}`] = value;
    }
    return all;
  }
}
