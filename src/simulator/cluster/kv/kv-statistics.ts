/** What one cache has done. */

/** Totals since the start. */
export interface KvStatistics {
  /** Prompt tokens looked up and found, counted at each request's first admission (as vLLM counts). */
  queriedTokens: number;
  hitTokens: number;
  /** The requests, and those of them of which something was found. */
  queries: number;
  hits: number;
  evictedUnits: number;
  expiredUnits: number;
  registeredUnits: number;
}

export const noStatistics = (): KvStatistics => ({
  queriedTokens: 0,
  hitTokens: 0,
  queries: 0,
  hits: 0,
  evictedUnits: 0,
  expiredUnits: 0,
  registeredUnits: 0,
});
