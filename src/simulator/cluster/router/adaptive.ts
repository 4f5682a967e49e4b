/** Weighs latency, throughput and cost, and learns from outcomes how placement decides them. */

import { NumberMap } from '../../../lib/number-map.js';
import type { Random } from '../../../lib/random.js';
import { LinUcb } from './lin-ucb.js';
import type { Fleet, Rank, RouteOutcome, RouteRequest, RoutingPolicy } from './policy.js';

export interface AdaptiveOptions {
  /** Relative weights of the objectives. Default 0.5, 0.3, 0.2. */
  readonly latencyWeight?: number;
  readonly throughputWeight?: number;
  readonly costWeight?: number;
  /** Exploration. Default 0.3. */
  readonly exploration?: number;
}

/** Replicas scored per decision; above it a random sample is, so that a large fleet costs no more than a small one. */
const CANDIDATES = 16;
const FEATURES = 9;
/**
 * Before any outcome: queued prompt work, missing prefix, load, slowness, price, work for the slow, rising load, and long
 * answers among many others are bad.
 */
const PRIOR = [0, -1, -1, -0.5, -0.5, -0.2, -0.5, -0.3, -0.3];
/** Scales that bring features and rewards to the order of 1. */
const BLOCKS = 1000;
const REQUESTS = 64;
const OUTPUT_TOKENS = 512;

/**
 * A contextual bandit: one linear model over features of (request, replica). What a replica is like beyond its load is
 * learned as its slowness, the moving average of its time per unit of work over the fleet's.
 */
export class Adaptive implements RoutingPolicy {
  readonly name = 'adaptive';
  readonly needsOverlap = true;
  readonly ranks: readonly Rank[] = ['inflight'];
  readonly #model: LinUcb;
  readonly #weights: { latency: number; throughput: number; cost: number };
  /**
   * Features of the choices whose outcome is open; bounded by the requests in flight. Plain arrays: memory of their own, as typed
   * arrays of this length have, costs more than what is in them.
   */
  readonly #pending = new NumberMap<number[]>();
  #pace = new Float64Array(0);
  /** Scratch of a decision: who is weighed, with which features and expected rewards. */
  readonly #candidates = new Int32Array(CANDIDATES);
  readonly #x = Array.from({ length: CANDIDATES }, () => new Float64Array(FEATURES));
  readonly #means = new Float64Array(CANDIDATES);
  readonly #bestX = Array.from({ length: FEATURES }, () => 0);
  /** By replica: the decision for which it was last made a candidate. */
  #chosenFor = new Int32Array(0);
  #decision = 0;
  /** And of learning. */
  readonly #learned = new Float64Array(FEATURES);
  #fleetPace = 0;
  #fleetTtft = 0;
  #fleetPrice = 0;
  #rewards = 0;
  #explored = 0;
  /** Reward given up by exploring, as the model sees it: of the best expectation minus that of the choice. */
  #regret = 0;

  constructor(
    options: AdaptiveOptions,
    readonly random: Random,
  ) {
    const latency = options.latencyWeight ?? 0.5;
    const throughput = options.throughputWeight ?? 0.3;
    const cost = options.costWeight ?? 0.2;
    const sum = latency + throughput + cost || 1;
    this.#weights = { latency: latency / sum, throughput: throughput / sum, cost: cost / sum };
    this.#model = new LinUcb(FEATURES, PRIOR, options.exploration ?? 0.3);
  }

  choose(request: RouteRequest, fleet: Fleet): number {
    if (this.#pace.length !== fleet.size) this.#pace = new Float64Array(fleet.size).fill(1);
    const count = this.#chooseCandidates(fleet);
    const greedy = this.#expect(request, fleet, count);
    const best = this.#highestBound(count, greedy);
    const mean = this.#means[best]!;
    if (mean < this.#means[greedy]!) this.#explored++;
    this.#regret += this.#means[greedy]! - mean;
    for (let i = 0; i < FEATURES; i++) this.#bestX[i] = this.#x[best]![i]!;
    this.#pending.set(request.order, this.#bestX.slice());
    return this.#candidates[best]!;
  }

  /** Features and expected reward of the first `count` candidates; returns the first one of the highest. */
  #expect(request: RouteRequest, fleet: Fleet, count: number): number {
    let greedy = 0;
    for (let i = 0; i < count; i++) {
      this.#describe(this.#x[i]!, request, fleet, this.#candidates[i]!);
      this.#means[i] = this.#model.predict(this.#x[i]!);
      if (this.#means[i]! > this.#means[greedy]!) greedy = i;
    }
    return greedy;
  }

  /** The first candidate of the highest upper bound. Those that cannot have it are not looked at closely: usually nearly all. */
  #highestBound(count: number, greedy: number): number {
    let best = greedy;
    let highest = this.#means[greedy]! + this.#model.bonusNear(this.#x[greedy]!);
    for (let i = 0; i < count; i++) {
      if (i === greedy || this.#means[i]! + this.#model.mostBonus(this.#x[i]!) < highest) continue;
      const bound = this.#means[i]! + this.#model.bonus(this.#x[i]!);
      if (bound < highest || (bound === highest && i > best)) continue;
      best = i;
      highest = bound;
    }
    return best;
  }

  /** All allowed replicas of a small fleet; of a large one the best overlap, the least loaded, and random ones. */
  #chooseCandidates(fleet: Fleet): number {
    const { size, allowedList: list, allowedCount: count } = fleet;
    if (this.#chosenFor.length < size) this.#chosenFor = new Int32Array(size);
    const chosen = this.#candidates;
    if (count <= CANDIDATES) {
      for (let i = 0; i < count; i++) chosen[i] = list[i]!;
      return count;
    }
    const found = fleet.overlaps.closest(fleet.allowed);
    const closest = found < 0 ? list[0]! : found;
    const idlest = this.#idlest(fleet);
    const chosenFor = this.#chosenFor;
    const decision = ++this.#decision;
    let some = 0;
    chosenFor[closest] = chosenFor[idlest] = decision;
    chosen[some++] = closest;
    if (idlest !== closest) chosen[some++] = idlest;
    while (some < CANDIDATES) {
      const another = list[this.random.int(count)]!;
      if (chosenFor[another] === decision) continue;
      chosenFor[another] = decision;
      chosen[some++] = another;
    }
    return some;
  }

  /** The first of the allowed replicas with the fewest requests. */
  #idlest({ allowed, ranks }: Fleet): number {
    const inflight = ranks.inflight!;
    if (allowed[inflight.first] === 1) return inflight.first;
    let idlest = -1;
    let fewest = Infinity;
    inflight.begin();
    for (let r = inflight.next(Infinity); r >= 0; r = inflight.next(fewest)) {
      if (allowed[r] === 0 || (inflight.keyOf(r) === fewest && r > idlest)) continue;
      idlest = r;
      fewest = inflight.keyOf(r);
    }
    return idlest;
  }

  #describe(x: Float64Array, request: RouteRequest, fleet: Fleet, r: number): void {
    const missing = Math.max(0, request.promptBlocks - fleet.overlaps.of(r)) / BLOCKS;
    const queued = fleet.prefillBlocks[r]! / BLOCKS;
    const load = fleet.inflight[r]! / REQUESTS;
    const slowness = this.#pace[r]! - 1;
    x[0] = 1;
    x[1] = queued;
    x[2] = missing;
    x[3] = load;
    x[4] = slowness;
    x[5] = fleet.pricePerHour[r]! / (this.#fleetPrice || fleet.pricePerHour[r]! || 1) - 1;
    x[6] = slowness * (missing + queued);
    x[7] = fleet.pressure * load;
    x[8] = (request.expectedOutputTokens / OUTPUT_TOKENS) * load;
  }

  observe(outcome: RouteOutcome, fleet: Fleet): void {
    const pending = this.#pending.get(outcome.order);
    if (!pending) return;
    this.#pending.delete(outcome.order);
    if (!outcome.known) return;
    const reward = outcome.failed ? -4 : this.#reward(outcome, fleet);
    this.#rewards += reward;
    this.#learned.set(pending);
    this.#model.learn(this.#learned, reward);
  }

  /** Minus the weighted sum of each objective's badness relative to the fleet's average, each at most 4. */
  #reward(outcome: RouteOutcome, fleet: Fleet): number {
    const { replica, e2eMs, outputTokens, promptTokens, cachedTokens } = outcome;
    const computed = promptTokens - cachedTokens + 8 * outputTokens;
    const pace = e2eMs / Math.max(1, computed);
    const price = fleet.pricePerHour[replica]!;
    const ttft = outcome.ttftMs >= 0 ? outcome.ttftMs : e2eMs;
    const follow = (mean: number, value: number): number =>
      mean === 0 ? value : mean + 0.02 * (value - mean);
    this.#fleetPace = follow(this.#fleetPace, pace);
    this.#fleetTtft = follow(this.#fleetTtft, ttft);
    this.#fleetPrice = follow(this.#fleetPrice, price);
    this.#pace[replica]! += 0.1 * (Math.min(8, pace / (this.#fleetPace || 1)) - this.#pace[replica]!);
    const relative = (value: number, mean: number): number => Math.min(4, mean > 0 ? value / mean : 1);
    return -(
      this.#weights.latency * relative(ttft, this.#fleetTtft) +
      this.#weights.throughput * relative(promptTokens - cachedTokens, promptTokens) +
      this.#weights.cost * relative(pace * price, this.#fleetPace * this.#fleetPrice)
    );
  }

  counters(): Record<string, number> {
    return {
      updates: this.#model.updates,
      explored: this.#explored,
      reward_sum: this.#rewards,
      regret_sum: this.#regret,
    };
  }
}
