/** Requests in flight of all threads of a server, for profiles whose times depend on them. */
import { hash32 } from '../../lib/random.js';
import { type InFlight, OwnInFlight } from '../../simulator/profile/profile-engine.js';

/** Profiles that are counted apart; more of them share places, which makes their load look like one. */
const PROFILES = 64;

/** Memory for the counters of a server: one for each thread and profile. */
export const shareInFlight = (threads: number): SharedArrayBuffer =>
  new SharedArrayBuffer(threads * PROFILES * Int32Array.BYTES_PER_ELEMENT);

/** A thread's part of the memory of {@link shareInFlight}. */
export interface InFlightPart {
  readonly memory: SharedArrayBuffer;
  /** From 0. */
  readonly thread: number;
}

/**
 * A thread writes its own counters and reads those of all. One that takes the place of a crashed thread begins at 0: what that one
 * had under way is lost.
 */
export function inFlightCounters(part: InFlightPart | undefined): (profile: string) => InFlight {
  if (!part) return () => new OwnInFlight();
  const counts = new Int32Array(part.memory);
  counts.fill(0, part.thread * PROFILES, (part.thread + 1) * PROFILES);
  return (profile) => {
    const place = hash32(0, profile) % PROFILES;
    const own = part.thread * PROFILES + place;
    return {
      add: (change) => void Atomics.add(counts, own, change),
      get count() {
        let sum = 0;
        for (let at = place; at < counts.length; at += PROFILES) sum += Atomics.load(counts, at);
        return sum;
      },
    };
  };
}
