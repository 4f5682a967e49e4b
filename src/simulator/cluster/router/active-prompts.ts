/** Which prompts the replicas of a pool are at work on, by their router's books. */
import { OWN, RunTable } from '../kv/run-table.js';
import type { UnitObserver } from '../kv/unit-observer.js';
import type { Overlaps } from './overlaps.js';
import { PrefixIndex } from './prefix-index.js';

/** Every unit is worth one. */
const CREDITS = [1];

/**
 * Units of prompts that were placed and have not ended, each once for each replica however many of its requests share them: so much
 * memory they take there, and so Dynamo counts a worker's load. What a replica has is kept in runs with a count of the prompts that they are part of;
 * whoever asks about a new prompt learns of all replicas in one walk.
 */
export class ActivePrompts {
  readonly #tables: RunTable[];
  readonly #index: PrefixIndex;
  readonly #observers: UnitObserver[];

  constructor(replicas: number) {
    this.#index = new PrefixIndex(replicas, 1);
    this.#tables = Array.from({ length: replicas }, () => new RunTable(1));
    this.#observers = this.#tables.map((_, replica) => this.#index.observer(replica, 0));
  }

  /** Units of a chain, from its start, that prompts at each replica have; overwrites `into`. */
  overlap(keys: Int32Array, units: number, into: Overlaps): void {
    this.#index.overlap(keys, units, CREDITS, into);
  }

  /**
   * A prompt was placed.
   *
   * @returns units that no other prompt there has
   */
  add(replica: number, keys: Int32Array, units: number): number {
    const table = this.#tables[replica]!;
    let unit = 0;
    while (unit < units) {
      let run = table.startingAt(keys, unit);
      if (run < 0) {
        // Whoever has a unit has those before it, so none of the others is there either.
        run = table.add(keys, unit, units, false);
        this.#observers[replica]!.added(keys, unit, units, unit);
        this.#count(table, run, 1);
        return units - unit;
      }
      const end = table.commonEnd(run, keys, units);
      if (end < table.to(run)) table.split(run, end);
      this.#count(table, run, 1);
      unit = end;
    }
    return 0;
  }

  /**
   * A prompt that was placed has ended.
   *
   * @returns units that no prompt there has any more
   */
  remove(replica: number, keys: Int32Array, units: number): number {
    const table = this.#tables[replica]!;
    let gone = units;
    for (let unit = 0; unit < units;) {
      const run = table.startingAt(keys, unit);
      const end = table.to(run);
      if (this.#count(table, run, -1) === 0) {
        gone = Math.min(gone, unit);
        table.remove(run);
      }
      unit = end;
    }
    if (gone < units) this.#observers[replica]!.removed(keys, gone, units, 0);
    return units - gone;
  }

  #count({ words, stride }: RunTable, run: number, more: 1 | -1): number {
    return (words[run * stride + OWN]! += more);
  }
}
