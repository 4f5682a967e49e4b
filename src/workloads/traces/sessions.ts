/** Turns of one session in a recorded workload: each prompt begins with what was said before it. */
import type { Trace } from '../plan.js';
import { words } from './column.js';

/**
 * Gives the rows of sessions with several turns hashes of their own, so that each prompt begins with the one before: a
 * turn's prompt is the history and something new, so all prompts of a session are beginnings of one text. Rows that have
 * hashes keep them; sessions of one turn share nothing and get none.
 *
 * @param sessions - of each row, NaN for none
 * @param mostHashes - of all rows together
 * @returns undefined where there would be more
 */
export function shareHistory(trace: Trace, sessions: Float64Array, mostHashes: number): Trace | undefined {
  const longest = longestOf(trace, sessions);
  const firstId = new Map<number, number>();
  let nextId = maximum(trace.hashIds) + 1;
  for (const [session, blocks] of longest) {
    firstId.set(session, nextId);
    nextId += blocks;
  }
  const rows = trace.instantMs.length;
  const countOf = (row: number): number =>
    firstId.has(sessions[row]!) && hashesOf(trace, row) === 0 ? blocksOf(trace, row) : hashesOf(trace, row);
  let hashes = 0;
  for (let row = 0; row < rows; row++) hashes += countOf(row);
  if (hashes > mostHashes || nextId > 2 ** 32) return undefined;
  const hashIds = words(hashes);
  const hashStart = words(rows + 1);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    hashStart[row] = at;
    const own = hashesOf(trace, row);
    const count = countOf(row);
    if (own > 0) hashIds.set(trace.hashIds.subarray(trace.hashStart[row], trace.hashStart[row + 1]), at);
    else
      for (let block = 0; block < count; block++) hashIds[at + block] = firstId.get(sessions[row]!)! + block;
    at += count;
  }
  hashStart[rows] = at;
  return { ...trace, hashIds, hashStart };
}

const hashesOf = (trace: Trace, row: number): number => trace.hashStart[row + 1]! - trace.hashStart[row]!;
const blocksOf = (trace: Trace, row: number): number =>
  Math.ceil(trace.inputTokens[row]! / trace.hashBlockTokens);
const maximum = (ids: Uint32Array): number => ids.reduce((most, id) => Math.max(most, id), -1);

/** Blocks of the longest prompt of each session with several rows. */
function longestOf(trace: Trace, sessions: Float64Array): Map<number, number> {
  const single = new Map<number, number>();
  const several = new Map<number, number>();
  for (const [row, session] of sessions.entries()) {
    if (Number.isNaN(session)) continue;
    const blocks = blocksOf(trace, row);
    const known = several.get(session) ?? single.get(session);
    if (known === undefined) single.set(session, blocks);
    else several.set(session, Math.max(known, blocks));
  }
  return several;
}
