/** Who follows what a cache holds. */

/** Hears which units a replica holds; the router's index listens, and lower tiers take what is evicted. */
export interface UnitObserver {
  /**
   * Units `from … to - 1` of a chain.
   *
   * @param runFrom - where the holder's run begins that they extend or are; -1 when it does not hold what is before them
   */
  added(keys: Int32Array, from: number, to: number, runFrom: number): void;
  /** Units `from … to - 1` of a chain, the last one first. */
  removed(keys: Int32Array, from: number, to: number, nowMs: number): void;
}
