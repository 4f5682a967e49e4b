/** The loads of a run: requests, streams and gaps that had about as many others in flight. */
import type { Observations } from './observations.js';

/** Requests of a level; quantiles of fewer are chance. */
const LEAST_IN_LEVEL = 30;
/** And of all requests, so that what passes between two loads is no level. */
const LEAST_SHARE = 0.005;
/** Two levels differ by this factor at least. */
const STEP = Math.SQRT2;
/** The highest load is this many times the lowest, or nothing can be told. */
const LEAST_SPREAD = 1.5;

/** What belongs to a level, by place in the observations. */
export interface Members {
  /** Requests by the load while they waited for their first token. */
  readonly rows: readonly number[];
  /** And by the load after it. */
  readonly streams: readonly number[];
  readonly gaps: readonly number[];
}

/** Levels of equal width on a logarithmic scale. */
const binOf = (inFlight: number): number => Math.round(Math.log(Math.max(1, inFlight)) / Math.log(STEP));

/** The places of each bin. */
function byBin(bins: readonly number[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [i, bin] of bins.entries()) {
    const members = places.get(bin);
    if (members) members.push(i);
    else places.set(bin, [i]);
  }
  return places;
}

/** The levels from the lowest on; empty where the load did not vary. */
export function groupLevels({ inFlight, inFlightAfter, gaps }: Observations): Members[] {
  const rows = byBin(inFlight.map(binOf));
  const binOfStream = inFlightAfter.map(binOf);
  const streams = byBin(binOfStream);
  const gapsOf = byBin(gaps.rows.map((row) => binOfStream[row]!));
  const least = Math.max(LEAST_IN_LEVEL, inFlight.length * LEAST_SHARE);
  const bins = [...rows.keys()].filter((bin) => rows.get(bin)!.length >= least).sort((a, b) => a - b);
  const spread = STEP ** ((bins.at(-1) ?? 0) - (bins[0] ?? 0));
  if (bins.length < 2 || spread < LEAST_SPREAD) return [];
  return bins.map((bin) => ({
    rows: rows.get(bin)!,
    streams: streams.get(bin) ?? [],
    gaps: gapsOf.get(bin) ?? [],
  }));
}
