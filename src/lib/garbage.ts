/**
 * How V8 collects memory. Flags of V8 are those of a whole process: only programs set them that have it to themselves.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * From now on each thread collects its short-lived memory by itself. V8 has helper threads take part in it, for which a thread waits:
 * where no processor is free for them, as while clients run on the same machine, that is most of the pause. Of what a server makes for its
 * answers next to nothing survives, so that there is little to share.
 */
export const collectAlone = (): void => setFlagsFromString('--no-parallel-scavenge');

let starts = false;

/**
 * While a server starts, the young generations of its threads stay as small as they begin. What is made then mostly survives, for which
 * V8 makes them larger: each thread would keep six megabytes that it does not need before it has work. `bin/run.js` begins with it, as
 * early as can be.
 */
export function startSmall(): void {
  starts = true;
  staySmall();
}

/** Says it again, if a server starts: V8 forgets it whenever a thread begins. */
export function staySmall(): void {
  if (starts) setFlagsFromString('--semi-space-growth-factor=1');
}

/** It has started. As V8 does by itself, young generations grow to what their garbage needs from now on. */
export function letGrow(): void {
  starts = false;
  setFlagsFromString('--semi-space-growth-factor=2');
}
