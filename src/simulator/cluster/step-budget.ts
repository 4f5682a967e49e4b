/** How many tokens the step that is being planned still has room for. */

/**
 * The budget of a step, `max_num_batched_tokens` for each of its lanes: the data-parallel ranks of a replica have one each, and so
 * has every microbatch that is under way in a pipeline. A chunk of a prompt is computed in one lane; whoever comes next takes the
 * lane with the most room, as engines hand new work to the rank that has the least.
 */
export class StepBudget {
  readonly #rooms: number[];
  /** The lane with the most room. */
  #emptiest = 0;

  /**
   * @param lanes - ranks × pipeline stages
   * @param tokens - of each lane in a step
   */
  constructor(
    readonly lanes: number,
    readonly tokens: number,
  ) {
    this.#rooms = Array.from({ length: lanes }, () => tokens);
  }

  /** Begins a step. */
  reset(): void {
    for (let lane = 0; lane < this.lanes; lane++) this.#rooms[lane] = this.tokens;
    this.#emptiest = 0;
  }

  /** The largest piece of work that there is room for. */
  get room(): number {
    return this.#rooms[this.#emptiest]!;
  }

  /** Takes tokens from the lane with the most room, of which they must not be more than {@link room}. */
  take(tokens: number): void {
    this.#rooms[this.#emptiest]! -= tokens;
    for (let lane = 0; lane < this.lanes; lane++) if (this.#rooms[lane]! > this.room) this.#emptiest = lane;
  }

  /** Gives back what a preempted sequence would have taken, to the lane with the least room. */
  refund(tokens: number): void {
    let fullest = 0;
    for (let lane = 1; lane < this.lanes; lane++)
      if (this.#rooms[lane]! < this.#rooms[fullest]!) fullest = lane;
    this.#rooms[fullest]! += tokens;
    if (this.#rooms[fullest]! > this.room) this.#emptiest = fullest;
  }
}
