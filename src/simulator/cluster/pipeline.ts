/** The microbatches of a replica whose layers are divided among the stages of a pipeline. */

import type { CostModel, PrefillChunk, StepBatch } from './cost.js';
import type { Sequence } from './sequence.js';

type Lane = { -readonly [K in keyof Omit<StepBatch, 'prefills'>]: StepBatch[K] } & {
  prefills: PrefillChunk[];
};

const emptyLane = (): Lane => ({
  prefills: [],
  decodeSequences: 0,
  decodeContextTokens: 0,
  decodeTokens: 0,
  microbatches: 1,
});

/**
 * As in vLLM V1, which has as many batches under way as there are stages, and schedules the next whenever one of them comes back: a
 * sequence goes on with those that it came with, as they come back together. Who arrives while a stage is free is a batch of its own; what
 * does not fit into its budget, further chunks of the same prompt among it, follows in the next. So a pipeline is full only when
 * requests have come at different times, or with more tokens than one batch takes.
 *
 * A round, in which every microbatch passes all stages once, is one step of the replica: it takes as long as the slowest of them takes
 * through all layers, and longer by a stage's time of each that has entered behind another at its beginning. (vLLM has no rounds: a batch is
 * scheduled as soon as it can enter, so that whoever arrives in the middle of a round waits less there than here.)
 */
export class Pipeline {
  readonly #lanes: Lane[];
  readonly #rooms: Float64Array;
  /** Sequences of each that are in the batch. */
  readonly #sequences: Int32Array;
  readonly #usedBefore: Uint8Array;
  /** Where those go that have come now, while there is room. */
  #entry = -1;

  /**
   * @param stages - of the pipeline, more than one
   * @param tokens - that a microbatch may compute in a step
   * @param chunked - whether prompts may be divided
   */
  constructor(
    readonly stages: number,
    readonly tokens: number,
    readonly chunked: boolean,
  ) {
    this.#lanes = Array.from({ length: stages }, emptyLane);
    this.#rooms = new Float64Array(stages);
    this.#sequences = new Int32Array(stages);
    this.#usedBefore = new Uint8Array(stages);
  }

  /** Microbatches with something to compute. */
  get used(): number {
    return this.#lanes.filter(isUsed).length;
  }

  /** Divides what the running sequences compute in the next step, who have `stepTokens` set, among the microbatches. */
  divide(running: readonly Sequence[]): void {
    this.#clear();
    for (const sequence of running) if (sequence.lane >= 0) this.#sequences[sequence.lane]!++;
    for (const sequence of running)
      if (sequence.stepTokens > 0 && sequence.decoding) this.#decode(sequence, this.#laneOf(sequence, 1));
    for (const sequence of running)
      if (sequence.stepTokens > 0 && !sequence.decoding) this.#prefill(sequence);
  }

  #clear(): void {
    this.#entry = -1;
    this.#rooms.fill(this.tokens);
    this.#sequences.fill(0);
    for (const [i, lane] of this.#lanes.entries()) {
      this.#usedBefore[i] = isUsed(lane) ? 1 : 0;
      if (lane.prefills.length > 0) lane.prefills = [];
      lane.decodeSequences = 0;
      lane.decodeContextTokens = 0;
      lane.decodeTokens = 0;
    }
  }

  #decode(sequence: Sequence, at: number): void {
    const lane = this.#lanes[at]!;
    lane.decodeSequences++;
    lane.decodeContextTokens += sequence.computed + 1;
    lane.decodeTokens += sequence.stepTokens;
    this.#rooms[at]! -= sequence.stepTokens;
  }

  /** A prompt goes through in chunks, one behind the other. */
  #prefill(sequence: Sequence): void {
    let contextTokens = sequence.computed;
    let rest = sequence.stepTokens;
    const least = this.chunked ? 1 : rest;
    for (let at = this.#laneOf(sequence, least); ; at = this.#next(at, least)) {
      const room = this.#rooms[at]!;
      // With no room anywhere the plan was larger than the microbatches, which rounding alone could make it.
      const newTokens = room > 0 ? Math.min(rest, room) : rest;
      this.#lanes[at]!.prefills.push({ newTokens, contextTokens });
      this.#rooms[at]! -= newTokens;
      contextTokens += newTokens;
      rest -= newTokens;
      if (rest > 0) continue;
      this.#move(sequence, at);
      return;
    }
  }

  /** The microbatch of a sequence; one that has just been admitted goes with the others. */
  #laneOf(sequence: Sequence, least: number): number {
    if (sequence.lane < 0) {
      if (this.#entry < 0 || this.#rooms[this.#entry]! < least) this.#entry = this.#next(this.#entry, least);
      this.#move(sequence, this.#entry);
    }
    return sequence.lane;
  }

  #move(sequence: Sequence, to: number): void {
    if (sequence.lane === to) return;
    if (sequence.lane >= 0) this.#sequences[sequence.lane]!--;
    this.#sequences[to]!++;
    sequence.lane = to;
  }

  /** A free place in the pipeline, else the microbatch with the fewest sequences that has room for so many tokens. */
  #next(after: number, least: number): number {
    let best = -1;
    for (let at = 0; at < this.stages; at++) {
      if (at === after || this.#rooms[at]! < least) continue;
      if (best < 0 || this.#crowd(at) < this.#crowd(best)) best = at;
    }
    return best < 0 ? Math.max(0, after) : best;
  }

  #crowd(at: number): number {
    return this.#sequences[at]! + this.#lanes[at]!.prefills.length;
  }

  /** Whether several microbatches enter at the beginning of this step, so that it takes longer than the next like it. */
  get fills(): boolean {
    let entering = 0;
    for (const [i, lane] of this.#lanes.entries()) if (isUsed(lane) && this.#usedBefore[i] === 0) entering++;
    return entering > 1;
  }

  /**
   * Milliseconds of a step.
   *
   * @param later - so many steps after the next, of sequences that only decode
   */
  stepMs(cost: Pick<CostModel, 'stepMs'>, later: number): number {
    let slowest = 0;
    let entering = 0;
    let slowestEntering = 0;
    for (const [i, lane] of this.#lanes.entries()) {
      if (!isUsed(lane)) continue;
      const ms = cost.stepMs(
        later === 0
          ? lane
          : { ...lane, decodeContextTokens: lane.decodeContextTokens + later * lane.decodeSequences },
      );
      slowest = Math.max(slowest, ms);
      if (this.#usedBefore[i] === 1) continue;
      entering += ms;
      slowestEntering = Math.max(slowestEntering, ms);
    }
    return slowest + (later === 0 ? (entering - slowestEntering) / this.stages : 0);
  }
}

const isUsed = ({ prefills, decodeSequences }: Lane): boolean => prefills.length > 0 || decodeSequences > 0;
